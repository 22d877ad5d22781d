import assert from "node:assert/strict";
import { collect, onceEvent, receivedNames } from "../support/client";
import type { TestCluster } from "../support/cluster";
import type { TestWorker } from "../support/worker";
import { startSubject, workersOf } from "./subject";

describe("order", () => {
  let cluster: TestCluster;
  let first: TestWorker;
  let second: TestWorker;

  before(async () => {
    cluster = await startSubject(3);
    [first, second] = workersOf(cluster);
  });
  after(() => cluster.stop());
  afterEach(() => cluster.workers.forEach((worker) => worker.closeClients()));

  it("a broadcast comes before what is emitted to a socket after it", async () => {
    const client = await first.connect();
    await first.run(({ io }, id) => {
      io.emit("a");
      io.of("/").sockets.get(id)?.emit("b");
      io.to(id).emit("c");
      io.of("/").sockets.get(id)?.emit("d");
    }, client.id as string);
    await onceEvent(client, "d");
    assert.deepEqual(receivedNames(client), ["a", "b", "c", "d"]);
  });

  it("room operations and broadcasts of one turn take effect in their order, everywhere", async () => {
    const clients = [
      await first.connect(),
      await second.connect(),
      await workersOf(cluster)[2].connect(),
    ];
    await first.run(({ io }) => {
      io.to("r").emit("before");
      io.socketsJoin("r");
      io.to("r").emit("joined");
      io.socketsLeave("r");
      io.to("r").emit("left");
      io.emit("last");
      io.disconnectSockets();
      io.emit("gone");
    });
    for (const client of clients) {
      await onceEvent(client, "disconnect");
      assert.deepEqual(receivedNames(client), ["joined", "last", "disconnect"]);
    }
  });

  it("what a listener of an outgoing packet emits comes after that packet, everywhere", async () => {
    const clients = [await first.connect(), await second.connect()];
    await first.run(({ io }) => {
      for (const socket of io.of("/").sockets.values()) {
        socket.onAnyOutgoing((event) => {
          if (event === "cause") {
            io.emit("effect");
          }
        });
      }
      io.emit("cause");
    });
    const [, remote] = clients;
    assert.ok(remote);
    await onceEvent(remote, "effect");
    assert.deepEqual(receivedNames(remote), ["cause", "effect"]);
  });

  it("packets that need the parser keep their place among the others", async () => {
    const client = await second.connect();
    await first.run(({ io }) => {
      for (let i = 0; i < 50; i++) {
        io.emit("n", i % 2 ? i : { toJSON: () => i });
      }
    });
    assert.deepEqual(
      await collect(client, "n", 50),
      Array.from({ length: 50 }, (_, i) => [i]),
    );
  });
});
