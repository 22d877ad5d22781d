import assert from "node:assert/strict";
import { signalTo, survivors } from "./process";
import { eventually } from "./wait";

/** What keeps this process alive, without the timers: mocha has one of its own at any time. */
function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name !== "Timeout" && name !== "Immediate")
    .sort();
}

let before: string[] = [];

/** Mocha runs without `--exit`: what a test leaves behind has to fail the run, not hang it. */
export const mochaHooks = {
  beforeAll(): void {
    before = handles();
  },
  async afterAll(): Promise<void> {
    try {
      await eventually(() => {
        assert.deepEqual(survivors(), [], "processes of the harness are left");
        assert.deepEqual(handles(), before, "open handles are left");
      });
    } catch (error) {
      survivors().forEach((pid) => signalTo(pid, "SIGKILL"));
      // the handle that was left would keep the process from ending, once the reporter has told about it
      setTimeout(() => process.exit(1), 2_000).unref();
      throw error;
    }
  },
};
