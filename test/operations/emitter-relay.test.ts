import assert from "node:assert/strict";
import { startCluster } from "../support/cluster";

describe("an emitter, and the relay of its process,", () => {
  it("needs one, and says so", async () => {
    const cluster = await startCluster({
      primary: "none",
      workers: ["ours"],
      serialization: "advanced",
    });
    try {
      const [worker] = cluster.workers;
      const error = await worker?.run(({ adapterPackage }) => {
        const { Emitter } = adapterPackage as unknown as {
          Emitter: new () => unknown;
        };
        try {
          return new Emitter();
        } catch (thrown) {
          const { code, message } = thrown as { code: string; message: string };
          return { code, message };
        }
      });
      assert.equal((error as { code: string }).code, "ERR_NO_RELAY");
      assert.match((error as { message: string }).message, /setupPrimary\(\)/);
    } finally {
      await cluster.stop();
    }
  });

  it("settles what waits for a worker that is killed", async () => {
    const cluster = await startCluster({
      primary: "ours",
      workers: ["ours", "ours"],
      serialization: "advanced",
    });
    try {
      const [first, second] = cluster.workers;
      await first?.run(({ io }) => {
        io.on(
          "ask" as "connection",
          ((ack: (a: string) => void) => ack("alive")) as never,
        );
      });
      const asked = cluster.primary.run(({ Emitter }) =>
        new Emitter("/", { requestsTimeout: 60_000 }).serverSideEmitWithAck(
          "ask",
        ),
      );
      await second?.kill();
      assert.deepEqual(await asked, ["alive"]);
    } finally {
      await cluster.stop();
    }
  });
});
