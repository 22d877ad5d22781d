import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import type { TestCluster } from "../support/cluster";
import { eventually } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { startRecovering } from "./recovery-cluster";
import { returnTo } from "./returning";

/** Whether a worker has a dynamic namespace. */
function has(worker: TestWorker, nsp: string): Promise<boolean> {
  return worker.run(({ io }, name) => io._nsps.has(name), nsp);
}

describe("recovery in dynamic namespaces", () => {
  let cluster: TestCluster;
  let workers: [TestWorker, TestWorker, TestWorker];
  let client: Socket;
  let nsp: string;
  let count = 0;

  before(async () => {
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
  });
  beforeEach(async () => {
    nsp = `/room-${++count}`;
    client = await arrive(workers[0], { nsp });
  });
  after(() => cluster?.stop());

  it("a client returns to a worker that has not had its namespace", async () => {
    const [first, second, third] = workers;
    const other = await arrive(second, { nsp });
    await lose(client);
    await second.run(
      ({ io }, name) => io.of(name).to("red").emit("missed"),
      nsp,
    );
    await returnTo(client, third);
    assert.equal(client.recovered, true);
    await fence(client, [second, third], nsp);
    assert.deepEqual(eventsOf(client), [["missed"]]);
    assert.deepEqual(eventsOf(other), [["missed"]]);
    await eventually(async () => assert.equal(await has(first, nsp), false));
  });

  it("a client returns to a namespace that nobody has had meanwhile", async () => {
    const [first, second] = workers;
    await first.run(({ io }, name) => io.of(name).emit("seen"), nsp);
    await fence(client, [first], nsp);
    await lose(client);
    await eventually(async () => assert.equal(await has(first, nsp), false));
    await returnTo(client, second);
    assert.equal(client.recovered, true);
    await second.run(
      ({ io }, name) => io.of(name).to("red").emit("later"),
      nsp,
    );
    await fence(client, [second], nsp);
    assert.deepEqual(eventsOf(client), [["seen"], ["later"]]);
  });
});
