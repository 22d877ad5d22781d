import type { TestCluster } from "../../support/cluster";
import type { TestWorker } from "../../support/worker";

export interface Memory {
  /** What is in use of the heap of JavaScript, and outside of it by its objects, after a garbage collection, in MB. */
  readonly heap: number;
  /** What the process has of the machine, in MB. */
  readonly rss: number;
}

/** What a process needs, without what is garbage. */
export async function memoryOf(
  who: TestWorker | TestCluster["primary"],
): Promise<Memory> {
  const run = who.run.bind(who) as TestWorker["run"];
  const { heapUsed, external, rss } = await run(({ require, state }) => {
    const { setFlagsFromString } = require("node:v8") as {
      setFlagsFromString(flag: string): void;
    };
    const { runInNewContext } = require("node:vm") as {
      runInNewContext(code: string): unknown;
    };
    if (!state.collectGarbage) {
      setFlagsFromString("--expose-gc");
      state.collectGarbage = runInNewContext("gc");
    }
    const collectGarbage = state.collectGarbage as () => void;
    collectGarbage();
    collectGarbage();
    return process.memoryUsage();
  });
  return { heap: (heapUsed + external) / 1e6, rss: rss / 1e6 };
}
