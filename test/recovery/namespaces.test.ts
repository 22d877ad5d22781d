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

  it("a client returns that was let in after its namespace was closed", async () => {
    const [first, second, third] = workers;
    await first.run(({ io, state }) => {
      io.of(/^\/slow-\d$/)
        .use((socket, next) => {
          if (socket.handshake.auth.isRefused) {
            next(new Error("refused"));
          } else {
            state.letIn = next;
          }
        })
        .on("connection", (socket) => socket.emit("welcome"));
    });
    for (const worker of [second, third]) {
      await worker.run(({ io }) => void io.of(/^\/slow-\d$/));
    }
    const arriving = arrive(first, { nsp: "/slow-1" });
    const waits = () => first.run(({ state }) => state.letIn !== undefined);
    await eventually(async () => assert.ok(await waits()));
    const refused = { auth: { isRefused: true } };
    await assert.rejects(first.connect("/slow-1", refused), /refused/);
    await first.run(({ state }) => (state.letIn as () => void)());
    const late = await arriving;
    await fence(late, [second], "/slow-1");
    await lose(late);
    await second.run(({ io }) => void io.of("/slow-1").emit("missed"));
    await returnTo(late, third);
    assert.equal(late.recovered, true);
    await fence(late, [second], "/slow-1");
    assert.deepEqual(eventsOf(late), [["missed"]]);
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

describe("recovery in a dynamic namespace with a middleware", () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startRecovering(2, {
      serverOptions: {
        cleanupEmptyChildNamespaces: true,
        connectionStateRecovery: { skipMiddlewares: false },
      },
    });
  });
  after(() => cluster?.stop());

  it("a client that is let in after its namespace was closed comes back for what it has missed", async () => {
    const [first, second] = cluster.workers as [TestWorker, TestWorker];
    for (const worker of [first, second]) {
      await worker.run(({ io, state }, isSlow) => {
        io.of(/^\/room$/)
          .use((socket, next) => {
            if (socket.handshake.auth.isRefused) {
              next(new Error("refused"));
            } else if (isSlow) {
              state.letIn = next;
            } else {
              next();
            }
          })
          .on("connection", (socket) => socket.emit("welcome"));
      }, worker === first);
    }
    const nsp = "/room";
    const witness = await arrive(first);
    const client = await arrive(second, { nsp });
    await lose(client);
    const returning = returnTo(client, first);
    const waits = () => first.run(({ state }) => state.letIn !== undefined);
    await eventually(async () => assert.ok(await waits()));
    const refused = { auth: { isRefused: true } };
    await assert.rejects(first.connect(nsp, refused), /refused/);
    await second.run(({ io }, name) => void io.of(name).emit("missed"), nsp);
    await fence(witness, [second]);

    await first.run(({ state }) => (state.letIn as () => void)());
    await returning.catch(() => {});
    await eventually(() => assert.equal(client.connected, false));
    await returnTo(client, second);
    assert.equal(client.recovered, true);
    await fence(client, [second], nsp);
    assert.deepEqual(eventsOf(client), [["missed"]]);
  });
});
