import assert from "node:assert/strict";
import type { TestCluster } from "../support/cluster";
import type { WorkerContext } from "../support/remote";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { serializations, startSubject } from "./subject";

type Spoil = (data: Record<string, unknown>, context: WorkerContext) => void;

/** Each leaves one value that cannot be sent next to one that can. */
const spoilers: [string, Spoil, RegExp | undefined][] = [
  ["a function", (data) => (data.value = () => {}), undefined],
  [
    "a proxy",
    (data) => (data.value = new Proxy({ kept: [1, 2] }, {})),
    undefined,
  ],
  [
    "a timer",
    (data) => {
      data.value = setTimeout(() => {}, 60_000).unref();
    },
    /value/,
  ],
  [
    "a socket",
    (data, { io }) => (data.value = [...io.of("/").sockets.values()][0]),
    /value/,
  ],
  [
    "a getter that throws",
    (data) =>
      Object.defineProperty(data, "value", {
        enumerable: true,
        get() {
          throw new Error("broken getter");
        },
      }),
    /value/,
  ],
  ["a BigInt", (data) => (data.value = [1n]), undefined],
  ["a circular structure", (data) => (data.value = { data }), undefined],
  [
    "a map with a function",
    (data) =>
      (data.value = new Map<string, unknown>([
        ["f", () => {}],
        ["n", 1],
      ])),
    undefined,
  ],
  ["a symbol", (data) => (data.value = Symbol("s")), undefined],
];

for (const serialization of serializations) {
  describe(`answers that cannot be encoded, ${serialization}`, () => {
    let cluster: TestCluster;
    let asker: TestWorker;
    let asked: TestWorker;

    beforeEach(async () => {
      cluster = await startSubject(2, { serialization });
      [asker, asked] = cluster.workers as [TestWorker, TestWorker];
    });
    afterEach(() => cluster.stop());

    const fetchFromAsker = () =>
      asker.run(async ({ io }) => {
        const sockets = await io.fetchSockets();
        return sockets.map(({ id, data, rooms, handshake }) => ({
          id,
          kept: (data as { kept?: unknown }).kept,
          rooms: [...rooms],
          token: handshake.auth["token"] as unknown,
          type: typeof (data as { value?: unknown }).value,
        }));
      });

    for (const [name, spoil, warning] of spoilers) {
      it(`a socket.data and a handshake with ${name} lose that value at most`, async () => {
        const client = await asked.connect("/", { auth: { token: "t" } });
        await asked.run(async (context, source) => {
          const spoilData = (0, eval)(`(${source})`) as Spoil;
          for (const socket of context.io.of("/").sockets.values()) {
            socket.data.kept = { n: 1 };
            spoilData(socket.data, context);
            spoilData(
              socket.handshake as unknown as Record<string, unknown>,
              context,
            );
          }
        }, spoil.toString());
        const sockets = await fetchFromAsker();
        assert.deepEqual(sockets, [
          {
            id: client.id,
            kept: { n: 1 },
            rooms: [client.id],
            token: "t",
            type: sockets[0]?.type,
          },
        ]);
        assert.equal(asked.exit, undefined);
        if (warning) {
          await waitFor(() => asked.warnings.length > 1);
          const text = asked.warnings.map(({ message }) => message).join("\n");
          assert.match(text, warning);
          assert.match(text, /sockets\[\]\.data/);
          assert.match(text, /sockets\[\]\.handshake/);
          assert.equal(asked.warnings.length, 2);
          await fetchFromAsker();
          assert.equal(asked.warnings.length, 2);
        }
      });
    }

    it("a plain proxy keeps what is behind it", async () => {
      await asked.connect();
      await asked.run(({ io }) => {
        for (const socket of io.of("/").sockets.values()) {
          socket.data = new Proxy({ user: { name: "ada" } }, {});
        }
      });
      const data = await asker.run(async ({ io }) => {
        const [socket] = await io.fetchSockets();
        return socket?.data as unknown;
      });
      assert.deepEqual(data, { user: { name: "ada" } });
      assert.deepEqual(asked.warnings, []);
    });

    it("an acknowledgement of serverSideEmit() that cannot be sent arrives empty", async () => {
      await asked.run(({ io }) => {
        io.on("ask", (cb: (value: unknown) => void) =>
          cb(setTimeout(() => {}, 60_000).unref()),
        );
      });
      const responses = await asker.run(
        async ({ io }) => (await io.serverSideEmitWithAck("ask")) as unknown[],
      );
      assert.equal(responses.length, 1);
      assert.equal(responses[0] ?? undefined, undefined);
      assert.equal(asked.exit, undefined);
    });
  });
}

describe("typed arrays between workers", () => {
  it("arrive with a buffer of their own, in requests and in answers", async () => {
    const cluster = await startSubject(2);
    try {
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      await second.run(({ io }) => {
        io.on("ask", (value: Uint8Array, cb: (answer: unknown) => void) =>
          cb([value.buffer.byteLength, new Uint8Array(2)]),
        );
      });
      const sizes = await first.run(async ({ io }) => {
        const [[received, answer]] = (await io.serverSideEmitWithAck(
          "ask",
          Uint8Array.of(1, 2, 3),
        )) as [[number, Uint8Array]];
        return [received, answer.buffer.byteLength];
      });
      assert.deepEqual(sizes, [3, 2]);
    } finally {
      await cluster.stop();
    }
  });
});
