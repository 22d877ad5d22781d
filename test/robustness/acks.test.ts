import assert from "node:assert/strict";
import { onceEvent, received } from "../support/client";
import { within } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { startSubject } from "./subject";

describe("a local broadcast with acknowledgements", () => {
  it("is complete when the clients of its own worker have answered", async () => {
    const cluster = await startSubject(2);
    try {
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      (await first.connect()).on("ask", (cb) => cb("own"));
      const remote = await second.connect();
      const answers = await within(
        first.run(({ io }) => io.local.timeout(60_000).emitWithAck("ask")),
      );
      assert.deepEqual(answers, ["own"]);
      await first.run(({ io }) => void io.emit("fence"));
      await onceEvent(remote, "fence");
      assert.deepEqual(received(remote, "ask"), []);
    } finally {
      await cluster.stop();
    }
  });
});
