import assert from "node:assert/strict";
import type { Socket as NetSocket } from "node:net";
import type { Socket } from "socket.io-client";
import { onceEvent, received } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import type { WorkerContext } from "../support/remote";
import { eventually, waitFor, within } from "../support/wait";
import type { TestWorker } from "../support/worker";

type Drain = (io: object, opts?: object) => Promise<void>;

/** Runs in a worker, where it does what an application with a process manager of its own does. */
function startDrain(
  { adapterPackage, io, state }: WorkerContext,
  options?: object,
): void {
  const { drain } = adapterPackage as unknown as { drain: Drain };
  state.drained = drain(io, options);
}

function isDrained({ state }: WorkerContext): Promise<unknown> {
  return (state.drained as Promise<void>).then(() => true);
}

describe("drain()", () => {
  let cluster: TestCluster;
  let worker: TestWorker;
  let other: TestWorker;

  beforeEach(async () => {
    cluster = await startCluster({
      primary: "ours",
      workers: ["ours", "ours"],
      serialization: "advanced",
      serverOptions: { connectionStateRecovery: {} },
    });
    [worker, other] = cluster.workers as [TestWorker, TestWorker];
  });
  afterEach(() => cluster.stop());

  function connectMany(count: number): Promise<Socket[]> {
    return Promise.all(
      Array.from({ length: count }, (_, i) =>
        worker.connect("/", {
          transports: [i % 2 === 0 ? "websocket" : "polling"],
        }),
      ),
    );
  }

  it("closes all connections of one worker, and lets no new ones in", async () => {
    const clients = await connectMany(6);
    const stays = await other.connect();
    await worker.run(startDrain, { duration: 300 });
    await waitFor(() => clients.every(({ disconnected }) => disconnected));
    for (const client of clients) {
      const [reason] = await onceEvent(client, "disconnect");
      // with any of these, a client connects again by itself
      assert.match(String(reason), /^transport (close|error)$/);
    }
    await within(worker.run(isDrained));
    await assert.rejects(worker.connect());
    assert.equal(stays.connected, true);
    assert.equal(await worker.run(({ io }) => io.engine.clientsCount), 0);
  });

  it("closes them one after the other: there is no stampede", async () => {
    const clients = await connectMany(20);
    let left = 20;
    let mostAtOnce = 0;
    let closed = 0;
    clients.forEach((client) =>
      client.on("disconnect", () => {
        left--;
        closed++;
      }),
    );
    await worker.run(startDrain, { duration: 1_000 });
    await waitFor(() => {
      mostAtOnce = Math.max(mostAtOnce, closed);
      closed = 0;
      return left === 0;
    });
    assert.ok(mostAtOnce < 20, `${mostAtOnce} connections at once`);
  });

  it("lets clients come back elsewhere, with all that they have missed", async () => {
    const client = await worker.connect();
    await other.run(({ io }) => void io.emit("n", 1));
    await waitFor(() => received(client, "n").length === 1);
    await worker.run(startDrain, { duration: 0 });
    await waitFor(() => client.disconnected);
    await other.run(({ io }) => void io.emit("n", 2));
    // where a load balancer would send it
    Object.assign(client.io, { uri: other.url });
    client.connect();
    await waitFor(() => client.connected);
    assert.equal(client.recovered, true);
    await waitFor(() => received(client, "n").length === 2);
    assert.deepEqual(
      received(client, "n").map(([n]) => n),
      [1, 2],
    );
  });

  it("closes the connections of clients that do not read, too", async () => {
    const client = await worker.connect();
    const { ws } = client.io.engine.transport as unknown as {
      ws: { _socket: NetSocket };
    };
    const connection = ws._socket;
    connection.pause();
    await worker.run(({ io }) => {
      for (let i = 0; i < 40; i++) {
        io.emit("n", "x".repeat(1_000_000));
      }
    });
    await worker.run(startDrain, { duration: 200 });
    await within(worker.run(isDrained));
    await eventually(async () =>
      assert.equal(await worker.run(({ io }) => io.engine.clientsCount), 0),
    );
    connection.destroy();
  });

  it("is over at once where nobody is connected", async () => {
    await worker.run(startDrain, { duration: 600_000 });
    await within(worker.run(isDrained));
  });

  it("refuses what is no server, as everything would seem to be drained", async () => {
    const client = await worker.connect();
    const messages = await worker.run(async ({ adapterPackage, io, http }) => {
      const { drain } = adapterPackage as unknown as { drain: Drain };
      const found: string[] = [];
      for (const server of [io.httpServer, http.createServer(), undefined]) {
        await drain(server as object).catch((error: Error) =>
          found.push(error.message),
        );
      }
      return found;
    });
    assert.equal(messages.length, 3);
    for (const message of messages) {
      assert.match(message, /drain\(\) must be a server of Socket\.IO, got /);
    }
    assert.equal(client.connected, true);
  });

  it("refuses wrong options, with the key and the value", async () => {
    const messages = await worker.run(async ({ adapterPackage, io }) => {
      const { drain } = adapterPackage as unknown as { drain: Drain };
      const found: string[] = [];
      for (const options of [{ duration: -1 }, { time: 1 }, "soon"]) {
        await drain(io, options as object).catch((error: Error) =>
          found.push(error.message),
        );
      }
      return found;
    });
    assert.match(messages[0]!, /"duration" must be .*, got -1/);
    assert.match(
      messages[1]!,
      /unknown option "time" \(got 1\): the options are duration/,
    );
    assert.match(messages[2]!, /options must be an object, got "soon"/);
    assert.equal(await worker.run(({ io }) => io.engine.clientsCount), 0);
    await worker.connect();
  });
});
