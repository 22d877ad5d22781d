import assert from "node:assert/strict";
import { onceEvent, received } from "../support/client";
import type { TestCluster } from "../support/cluster";
import type { WorkerContext } from "../support/remote";
import type { TestWorker } from "../support/worker";
import { serializations, startSubject, workersOf } from "./subject";

type Emit = (context: WorkerContext, event: string) => void;

/** What the parser makes of a value decides, not how the channel copies it. */
const portable: [string, Emit, unknown[]][] = [
  [
    "a class instance with toJSON()",
    ({ io }, event) => {
      class Money {
        constructor(readonly cents: number) {}
        toJSON() {
          return `${this.cents} cents`;
        }
      }
      io.emit(event, new Money(5), { nested: [new Money(7)] });
    },
    ["5 cents", { nested: ["7 cents"] }],
  ],
  [
    "a date, a map, a set and an error",
    ({ io }, event) => {
      const date = new Date(0);
      io.emit(event, date, new Map([[1, 2]]), new Set([3]), new Error("no"));
    },
    ["1970-01-01T00:00:00.000Z", {}, {}, {}],
  ],
  [
    "a class instance with a method and a private field",
    ({ io }, event) => {
      class User {
        name = "ada";
        greet = () => this.name;
      }
      io.emit(event, new User());
    },
    [{ name: "ada" }],
  ],
  [
    "functions and symbols",
    ({ io }, event) =>
      void io.emit(event, { a: 1, f() {}, s: Symbol("s") }, [() => {}], 0),
    [{ a: 1 }, [null], 0],
  ],
  [
    "a proxy",
    ({ io }, event) => void io.emit(event, new Proxy({ a: [1] }, {}), "last"),
    [{ a: [1] }, "last"],
  ],
  [
    "a getter",
    ({ io }, event) =>
      void io.emit(event, {
        get answer() {
          return 42;
        },
      }),
    [{ answer: 42 }],
  ],
  [
    "what JSON has no word for",
    ({ io }, event) => void io.emit(event, undefined, NaN, [undefined], -0),
    [null, null, [null], 0],
  ],
  [
    "an object without a prototype",
    ({ io }, event) =>
      void io.emit(event, Object.assign(Object.create(null), { a: 1 })),
    [{ a: 1 }],
  ],
  [
    "an object in an object, two hundred times",
    ({ io }, event) => {
      let value: object = { end: true };
      for (let i = 0; i < 200; i++) {
        value = { value };
      }
      io.emit(event, value);
    },
    [
      Array.from({ length: 200 }).reduce<object>((value) => ({ value }), {
        end: true,
      }),
    ],
  ],
];

const unencodable: [string, Emit][] = [
  ["a BigInt", ({ io }, event) => void io.emit(event, { n: 1n })],
  [
    "a circular structure",
    ({ io }, event) => {
      const circle: Record<string, unknown> = {};
      circle["self"] = circle;
      io.emit(event, circle);
    },
  ],
  [
    "a getter that throws",
    ({ io }, event) =>
      void io.emit(event, {
        get broken() {
          throw new TypeError("broken getter");
        },
      }),
  ],
];

for (const serialization of serializations) {
  describe(`values in packets, ${serialization}`, () => {
    let cluster: TestCluster;

    before(async () => {
      cluster = await startSubject(3, { serialization });
    });
    after(() => cluster.stop());

    for (const [index, [name, emit, expected]] of portable.entries()) {
      it(`${name} reaches the clients of every worker as the same`, async () => {
        const [first, second] = workersOf(cluster);
        const clients = [await first.connect(), await second.connect()];
        const event = `portable ${index}`;
        await first.run(emit, event);
        for (const client of clients) {
          assert.deepEqual(await onceEvent(client, event), expected);
        }
      });
    }

    for (const [index, [name, emit]] of unencodable.entries()) {
      it(`${name} is an error of the caller, and nobody receives anything`, async () => {
        const [first, second] = workersOf(cluster);
        const clients = [await first.connect(), await second.connect()];
        const event = `unencodable ${index}`;
        await assert.rejects(first.run(emit, event), { name: /Error$/ });
        await first.run(({ io }) => void io.emit("fence"));
        for (const client of clients) {
          await onceEvent(client, "fence");
          assert.deepEqual(received(client, event), []);
        }
      });
    }

    it("a BigInt in a packet with acknowledgements rejects", async () => {
      const [first] = workersOf(cluster);
      await assert.rejects(
        first.run(({ io }) => io.timeout(10_000).emitWithAck("big", 1n)),
        /BigInt/,
      );
      const pending = await first.run(({ io }) => {
        const { ackRequests } = io.of("/").adapter as unknown as {
          ackRequests: Map<string, object>;
        };
        return ackRequests.size;
      });
      assert.equal(pending, 0);
    });

    it("no worker died", () => {
      assert.deepEqual(
        cluster.workers.map(({ exit }) => exit),
        [undefined, undefined, undefined],
      );
    });
  });
}

// a client can have its server emit the like
const undecodable: [string, Emit][] = [
  [
    "what looks like the place of binary data",
    ({ io }, event) =>
      void io.emit(event, { _placeholder: true, num: 7 }, Buffer.of(1)),
  ],
  [
    "the same next to a date",
    ({ io }, event) =>
      void io.emit(
        event,
        { _placeholder: true, num: 7 },
        Buffer.of(1),
        new Date(0),
      ),
  ],
  [
    "an event that is no string",
    ({ io }) => void io.emit(true as unknown as string),
  ],
];

for (const [mode, hasOld, serverOptions] of [
  ["without a worker of 0.3.0", false, {}],
  ["with a worker of 0.3.0", true, {}],
  ["with recovery", false, { connectionStateRecovery: {} }],
] as const) {
  describe(`a packet that the parser cannot decode, ${mode}`, () => {
    let cluster: TestCluster;

    before(async () => {
      cluster = await startSubject(2, { serverOptions });
      if (hasOld) {
        await cluster.fork("published");
        await cluster.formed();
      }
    });
    after(() => cluster.stop());

    for (const [index, [name, emit]] of undecodable.entries()) {
      it(`${name} ends no worker, whoever listens there`, async () => {
        const [first, second] = cluster.workers as [TestWorker, TestWorker];
        for (const worker of [first, second]) {
          await worker.run(({ io }) => {
            io.once("connection", (socket) => socket.onAnyOutgoing(() => {}));
          });
          await worker.connect();
        }
        await first.run(emit, `undecodable ${index}`);
        const client = await second.connect();
        await first.run(({ io }) => void io.emit("fence"));
        await onceEvent(client, "fence");
        for (const worker of cluster.workers) {
          assert.equal(worker.exit, undefined);
        }
      });
    }
  });
}
