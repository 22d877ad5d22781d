import assert from "node:assert/strict";
import type { TestCluster } from "../support/cluster";
import { RawClient } from "../support/raw-client";
import type { TestWorker } from "../support/worker";
import { startSubject } from "./subject";

describe("a client that returns", () => {
  let cluster: TestCluster;
  let workers: [TestWorker, TestWorker];
  let client: RawClient;

  before(async () => {
    cluster = await startSubject(2, {
      serverOptions: { connectionStateRecovery: {} },
    });
    workers = cluster.workers as [TestWorker, TestWorker];
  });
  after(() => cluster.stop());

  beforeEach(async () => {
    client = await RawClient.connect(workers[0].url);
    await workers[0].run(({ io }) => void io.emit("hello"));
  });
  afterEach(() => client.lose());

  /** Loses the connection, and returns to the other worker after the events of the primary. */
  async function returnAfter(...events: string[]): Promise<RawClient> {
    const [, offset] = await client.event("hello");
    await client.lose();
    await cluster.primary.run(({ Emitter }, events) => {
      events.forEach((event) => new Emitter().emit(event));
    }, events);
    const { pid } = client.session;
    return RawClient.connect(workers[1].url, { pid, offset });
  }

  it("gets the events of an emitter with the offset of each, so that it can return in their midst", async () => {
    const returned = await returnAfter("a", "b", "c");
    await returned.event("c");
    const offsets = returned.events.map(([, offset]) => offset as string);
    assert.equal(new Set(offsets).size, 3);
    assert.deepEqual(offsets, offsets.slice().sort());
    await returned.lose();
    const { pid } = client.session;
    const again = await RawClient.connect(workers[0].url, {
      pid,
      offset: offsets[0],
    });
    await again.event("c");
    assert.deepEqual(
      again.events.map(([event]) => event),
      ["b", "c"],
    );
    await again.lose();
  });

  it("gets what its parser cannot decode, and what follows, whoever listens", async () => {
    await workers[1].run(({ io }) => {
      io.use((socket, next) => {
        socket.onAnyOutgoing(() => {});
        next();
      });
    });
    const [, offset] = await client.event("hello");
    await client.lose();
    await workers[0].run(({ io }) => {
      io.emit("broken", { _placeholder: true, num: 7 }, Buffer.of(1));
      io.emit("whole");
    });
    const { pid } = client.session;
    const returned = await RawClient.connect(workers[1].url, { pid, offset });
    await returned.event("whole");
    assert.equal(returned.packets.filter(Buffer.isBuffer).length, 1);
    assert.equal(workers[1].exit, undefined);
    await returned.lose();
  });
});

describe("an event of a worker that does not know of the order yet", () => {
  it("has one offset, whatever the number of servers in a worker", async () => {
    const serverOptions = { connectionStateRecovery: {} };
    const cluster = await startSubject(2, { serverOptions });
    try {
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      const port = await second.run(
        ({ Server, createAdapter, http, state }, options) =>
          new Promise<number>((resolve) => {
            const server = http.createServer();
            const io = new Server(server, options);
            state.second = io;
            io.adapter(createAdapter());
            server.listen(0, "127.0.0.1", () =>
              resolve((server.address() as { port: number }).port),
            );
          }),
        serverOptions,
      );
      const urls = [second.url, `http://127.0.0.1:${port}`];
      const clients = await Promise.all(
        urls.map((url) => RawClient.connect(url)),
      );
      await first.run(({ io }) => {
        const { uid } = io.of("/").adapter as unknown as { uid: string };
        const opts = { rooms: [], except: [], flags: { volatile: true } };
        const packet = { type: 2, data: ["plain"] };
        const envelope = { source: "_sio_adapter", uid, nsp: "/", type: 3 };
        process.send?.({ ...envelope, data: { opts, packet } });
      });
      for (const client of clients) {
        assert.equal((await client.event("plain")).length, 2);
        await client.lose();
      }
    } finally {
      await cluster.stop();
    }
  });
});
