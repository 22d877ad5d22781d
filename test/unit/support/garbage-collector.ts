import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
export const collectGarbage = runInNewContext("gc") as () => void;

/** Whether something is still in memory once nobody holds it who may let it go. */
export async function isKept(reference: WeakRef<object>): Promise<boolean> {
  // what was looked at in this turn is kept until it is over
  await nextTurn();
  collectGarbage();
  return reference.deref() !== undefined;
}
