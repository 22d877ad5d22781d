import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { Socket } from "socket.io-client";
import { onceEvent } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import type { WorkerContext } from "../support/remote";
import type { TestWorker } from "../support/worker";

const SHORT = { depth: null, maxArrayLength: 16, maxStringLength: 16 };

type Emit = (context: WorkerContext, event: string) => void;

/** What is emitted, and what a client's msgpack decoder makes of it. */
type Payload = [string, Emit, unknown[]];

const ofJson: Payload[] = [
  [
    "text, numbers and nested objects",
    ({ io }, event) =>
      void io.emit(event, "ñ 漢字 🦊", -1.5, 2 ** 40, true, null, {
        list: [1, [2, { three: 3 }]],
      }),
    ["ñ 漢字 🦊", -1.5, 2 ** 40, true, null, { list: [1, [2, { three: 3 }]] }],
  ],
  [
    "objects with toJSON()",
    ({ io }, event) => {
      class Money {
        constructor(readonly cents: number) {}
        toJSON() {
          return `${this.cents} cents`;
        }
      }
      io.emit(event, new Money(5), { prices: [new Money(7)] });
    },
    ["5 cents", { prices: ["7 cents"] }],
  ],
];

/** What JSON has no form for: a channel that speaks it would need one of the adapter's own. */
const beyondJson: Payload[] = [
  [
    "binary data",
    ({ io }, event) =>
      void io.emit(event, Buffer.from([1, 2, 3]), {
        nested: [Buffer.from("é"), Buffer.alloc(0)],
        large: Buffer.alloc(100_000, "x"),
      }),
    [
      Buffer.from([1, 2, 3]),
      {
        nested: [Buffer.from("é"), Buffer.alloc(0)],
        large: Buffer.alloc(100_000, "x"),
      },
    ],
  ],
  [
    "typed arrays and array buffers",
    ({ io }, event) =>
      void io.emit(event, Uint8Array.of(1, 2), [Uint16Array.of(3)], {
        buffer: Uint8Array.of(4, 5).buffer,
      }),
    [
      Uint8Array.of(1, 2).buffer,
      [Uint16Array.of(3).buffer],
      { buffer: Uint8Array.of(4, 5).buffer },
    ],
  ],
  [
    "dates",
    ({ io }, event) =>
      void io.emit(event, new Date(1e12), { at: [new Date(0)] }),
    [new Date(1e12), { at: [new Date(0)] }],
  ],
  [
    "objects with toJSON() next to binary data and dates",
    ({ io }, event) => {
      const user = { toJSON: () => ({ name: "ada" }) };
      io.emit(event, { user, at: new Date(1), key: Buffer.from([7]) });
    },
    [{ user: { name: "ada" }, at: new Date(1), key: Buffer.from([7]) }],
  ],
  [
    "undefined and numbers that JSON has no word for",
    ({ io }, event) =>
      void io.emit(event, undefined, { a: undefined }, NaN, Infinity),
    [undefined, { a: undefined }, NaN, Infinity],
  ],
  [
    "views of a part of a buffer",
    ({ io }, event) =>
      void io.emit(event, Buffer.from([1, 2, 3, 4]).subarray(1, 3)),
    [Buffer.from([2, 3])],
  ],
];

for (const serialization of ["json", "advanced"] as const) {
  describe(`socket.io-msgpack-parser, ${serialization}`, () => {
    let cluster: TestCluster;
    let sender: TestWorker;
    let clients: [Socket, Socket];

    before(async () => {
      cluster = await startCluster({
        primary: "ours",
        workers: ["ours", "ours"],
        serialization,
        parser: "msgpack",
      });
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      sender = first;
      clients = [await first.connect(), await second.connect()];
    });
    after(() => cluster?.stop());

    for (const payloads of [ofJson, beyondJson]) {
      for (const [name, emit, expected] of payloads) {
        it(`${name} arrive on the sender's worker and on the other one as the same bytes`, async () => {
          const wires = clients.map(listenToBytes);
          await sender.run(emit, name);
          for (const client of clients) {
            const actual = await onceEvent(client, name);
            // too much may have come, and nobody wants to read it all
            assert.equal(inspect(actual, SHORT), inspect(expected, SHORT));
            assert.deepEqual(actual, expected);
          }
          const [local, remote] = wires.map((stop) => stop());
          assert.equal(local?.length, 1);
          assert.deepEqual(local, remote);
        });
      }
    }

    it("acknowledgements carry values both ways between the workers", async () => {
      clients.forEach((client, i) => {
        client.on("ask", (question: unknown, answer: (a: unknown) => void) =>
          answer({ i, question, key: Buffer.from([i]) }),
        );
      });
      const answers = await sender.run(async ({ io }) => {
        const answers = (await io
          .timeout(10_000)
          .emitWithAck("ask", [Buffer.from([9]), new Date(5)])) as {
          i: number;
          question: unknown[];
          key: unknown;
        }[];
        return answers
          .sort((a, b) => a.i - b.i)
          .map(({ question: [bytes, date], key }) => ({
            bytes: Buffer.isBuffer(bytes) && bytes.toString("hex"),
            date: date instanceof Date ? date.getTime() : date,
            key: Buffer.isBuffer(key) && key.toString("hex"),
          }));
      });
      // the question is a packet of the parser's; answers are values, which have the types of JSON under json
      const ofOthers = serialization === "json" ? new Date(5).toJSON() : 5;
      assert.deepEqual(answers, [
        { bytes: "09", date: 5, key: "00" },
        { bytes: "09", date: ofOthers, key: "01" },
      ]);
    });

    it("no worker died or warned", () => {
      for (const worker of cluster.workers) {
        assert.equal(worker.exit, undefined);
        assert.deepEqual(worker.warnings, []);
      }
    });
  });
}

/** Notes what comes over a client's connection; the function that it returns ends that. */
function listenToBytes(client: Socket): () => unknown[] {
  const messages: unknown[] = [];
  const { engine } = client.io;
  const note = (data: unknown) => messages.push(data);
  engine.on("data", note);
  return () => {
    engine.off("data", note);
    return messages;
  };
}
