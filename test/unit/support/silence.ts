import { setImmediate as nextTurn } from "node:timers/promises";

/** Longer than a flush schedule waits for the end of something. */
export async function silence(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) {
    await nextTurn();
  }
}
