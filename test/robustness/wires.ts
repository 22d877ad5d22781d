import assert from "node:assert/strict";
import { eventually } from "../support/wait";
import type { TestWorker } from "../support/worker";

/** Which wire a worker sends on, told by what leaves it. */
async function wireOf(worker: TestWorker): Promise<"plain" | "fast"> {
  const type = await worker.run(
    ({ io }) =>
      new Promise<number>((resolve) => {
        const send = process.send as (...args: unknown[]) => boolean;
        process.send = (...args: unknown[]) => {
          const message = args[0] as { source?: string; type: number };
          if (message.source === "_sio_adapter") {
            process.send = send as NodeJS.Process["send"];
            resolve(message.type);
          }
          return send.apply(process, args);
        };
        io.of("/").emit("probe of the wire");
      }),
  );
  return type === 14 ? "fast" : "plain";
}

/** Resolves when each of these workers sends on that wire. */
export function speaks(
  workers: TestWorker[],
  wire: "plain" | "fast",
): Promise<void> {
  return eventually(async () => {
    for (const worker of workers) {
      assert.equal(await wireOf(worker), wire);
    }
  });
}
