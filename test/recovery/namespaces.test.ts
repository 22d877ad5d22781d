import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import type { TestCluster } from "../support/cluster";
import { eventually } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { startRecovering } from "./recovery-cluster";
import { returnTo } from "./returning";

const NSP = "/room-1";

/** Whether a worker has the dynamic namespace. */
function has(worker: TestWorker): Promise<boolean> {
  return worker.run(({ io }, nsp) => io._nsps.has(nsp), NSP);
}

describe("recovery in dynamic namespaces", () => {
  let cluster: TestCluster;
  let workers: [TestWorker, TestWorker, TestWorker];
  let client: Socket;

  beforeEach(async () => {
    cluster = await startRecovering(3, {
      serverOptions: { cleanupEmptyChildNamespaces: true },
    });
    workers = cluster.workers as typeof workers;
    for (const worker of workers) {
      await worker.run(({ io }) => {
        io.of(/^\/room-\d$/).on("connection", (socket) => {
          if (!socket.recovered) {
            void socket.join("red");
            socket.emit("welcome");
          }
        });
      });
    }
    client = await arrive(workers[0], { nsp: NSP });
  });
  afterEach(() => cluster?.stop());

  it("a client returns to a worker that has not had its namespace", async () => {
    const [first, second, third] = workers;
    const other = await arrive(second, { nsp: NSP });
    await lose(client);
    await second.run(({ io }, nsp) => io.of(nsp).to("red").emit("missed"), NSP);
    await returnTo(client, third);
    assert.equal(client.recovered, true);
    await fence(client, [second, third], NSP);
    assert.deepEqual(eventsOf(client), [["missed"]]);
    assert.deepEqual(eventsOf(other), [["missed"]]);
    await eventually(async () => assert.equal(await has(first), false));
  });

  it("a client returns to a namespace that nobody has had meanwhile", async () => {
    const [first, second] = workers;
    await first.run(({ io }, nsp) => io.of(nsp).emit("seen"), NSP);
    await fence(client, [first], NSP);
    await lose(client);
    await eventually(async () => assert.equal(await has(first), false));
    await returnTo(client, second);
    assert.equal(client.recovered, true);
    await second.run(({ io }, nsp) => io.of(nsp).to("red").emit("later"), NSP);
    await fence(client, [second], NSP);
    assert.deepEqual(eventsOf(client), [["seen"], ["later"]]);
  });
});
