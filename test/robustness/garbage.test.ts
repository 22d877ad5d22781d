import assert from "node:assert/strict";
import { onceEvent } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { serializations, startSubject } from "./subject";

/** Messages that bear the mark of the adapter and are none of its own. Runs inside a worker or the primary. */
function garbage(): object[] {
  const source = "_sio_adapter";
  const envelope = { source, uid: "stranger", nsp: "/" };
  const opts = { rooms: [], except: [], flags: {} };
  const values = [undefined, null, 0, "", "x", [], {}, true, -1, 1e9];
  const messages: object[] = [
    { source },
    ...values.map((value) => ({ ...envelope, type: value })),
    ...values.map((value) => ({ ...envelope, type: 3, uid: value })),
    ...values.map((value) => ({ ...envelope, type: 3, nsp: value })),
  ];
  for (let type = 1; type <= 16; type++) {
    for (const value of values) {
      messages.push(
        { ...envelope, type, data: value },
        { ...envelope, type, data: { opts: value } },
        { ...envelope, type, data: { opts, packet: value } },
        { ...envelope, type, data: { opts, packet: { type: 2, data: value } } },
        {
          ...envelope,
          type,
          data: { opts, packet: { type: value, data: [] } },
        },
        { ...envelope, type, data: { opts, rooms: value } },
        { ...envelope, type, data: { opts, requestId: value, packet: [] } },
        { ...envelope, type, data: { requestId: "__proto__", sockets: value } },
        { ...envelope, type, data: { requestId: "r", sockets: [value] } },
        { ...envelope, type, data: { requestId: "r", clientCount: value } },
        { ...envelope, type, requesterUid: value, data: { requestId: "r" } },
        { ...envelope, type, data: { opts: { rooms: value, except: value } } },
        { ...envelope, type, data: { opts: { rooms: [value], flags: value } } },
        { ...envelope, type, wire: value, recovery: value },
        { ...envelope, type, data: value, wire: value },
        { ...envelope, type, data: "greet", nodes: value },
        { ...envelope, type, data: "greet", nodes: [value] },
        { ...envelope, type, data: "ordered", order: value },
        {
          ...envelope,
          type,
          data: "ordered",
          order: { epoch: value, number: value },
        },
        // a number of ms would be a request to come to rest
        {
          ...envelope,
          type,
          data: "drain",
          duration: typeof value === "number" ? -1 : value,
        },
      );
    }
  }
  return messages;
}

for (const serialization of serializations) {
  describe(`garbage that bears the mark of the adapter, ${serialization}`, () => {
    let cluster: TestCluster;
    let first: TestWorker;
    let second: TestWorker;

    beforeEach(async () => {
      cluster = await startSubject(2, { serialization });
      [first, second] = cluster.workers as [TestWorker, TestWorker];
    });
    afterEach(() => cluster.stop());

    async function stillWorks(): Promise<void> {
      // the messages of the harness come after the garbage on each channel
      await Promise.all(cluster.workers.map((worker) => worker.run(() => 0)));
      const client = await second.connect();
      await first.run(({ io }) => void io.emit("still", "here"));
      assert.deepEqual(await onceEvent(client, "still"), ["here"]);
      for (const process of [cluster.primary, first, second]) {
        assert.equal(process.exit, undefined);
      }
    }

    it("from a worker disturbs neither the primary nor the other workers", async () => {
      await second.connect();
      await first.run((_, source) => {
        const messages = (0, eval)(`(${source})`)() as object[];
        messages.forEach((message) => process.send?.(message));
      }, garbage.toString());
      await stillWorks();
    });

    it("from the primary does not disturb the workers", async () => {
      await second.connect();
      await cluster.primary.run(({ cluster: { workers } }, source) => {
        const messages = (0, eval)(`(${source})`)() as object[];
        for (const worker of Object.values(workers ?? {})) {
          messages.forEach((message) => worker?.send(message));
        }
      }, garbage.toString());
      await stillWorks();
    });
  });
}

describe("a packet of another worker that cannot be encoded here", () => {
  it("is left out, and its sender does not wait for it", async () => {
    const cluster = await startSubject(2);
    try {
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      const client = await second.connect();
      const answers = await first.run(async ({ io }) => {
        const adapter = io.of("/").adapter as unknown as {
          uid: string;
          onMessage(message: { type: number; data: object }): void;
        };
        const { uid } = adapter;
        const answered: object[] = [];
        const done = new Promise<void>((resolve) => {
          adapter.onMessage = (message) => {
            if (message.type === 11) {
              answered.push(message.data);
              resolve();
            }
          };
        });
        // what a worker of 0.3.0 sends for io.emit("big", 1n)
        const opts = { rooms: [], except: [], flags: {} };
        const packet = { type: 2, data: ["big", 1n] };
        const envelope = { source: "_sio_adapter", uid, nsp: "/", type: 3 };
        process.send?.({ ...envelope, data: { opts, packet } });
        process.send?.({
          ...envelope,
          data: { opts, packet, requestId: "r" },
        });
        await done;
        return answered;
      });
      assert.deepEqual(answers, [{ requestId: "r", clientCount: 0 }]);
      await first.run(({ io }) => void io.emit("fence"));
      await onceEvent(client, "fence");
      await waitFor(() => second.warnings.length > 0);
      assert.match(second.warnings[0]?.message ?? "", /BigInt/);
      assert.equal(second.warnings.length, 1);
    } finally {
      await cluster.stop();
    }
  });
});

for (const serialization of serializations) {
  for (const depth of [1_200, 2_000, 3_500]) {
    describe(`data that a client has nested ${depth} levels deep, ${serialization}`, () => {
      it("ends no process, and costs an answer nothing else", async () => {
        const cluster = await startSubject(2, { serialization });
        try {
          // the plain wire is where it matters
          const old = await cluster.fork("published");
          await cluster.formed();
          const [first, second] = cluster.workers as [TestWorker, TestWorker];
          const watcher = await second.connect();
          const client = await first.connect();
          await first.run(
            ({ io }, id, levels) => {
              let deep: unknown[] = [];
              for (let i = 0; i < levels; i++) {
                deep = [deep];
              }
              const socket = io.of("/").sockets.get(id);
              if (socket) {
                socket.data = { deep, kept: 1 };
              }
              io.to(id).emit("deep", deep);
            },
            client.id as string,
            depth,
          );
          const kept = await second.run(async ({ io }, id) => {
            const [socket] = await io.in(id).fetchSockets();
            return (socket as { data: { kept: number } }).data.kept;
          }, client.id as string);
          assert.equal(kept, 1);
          await first.run(({ io }) => void io.emit("fence"));
          await onceEvent(watcher, "fence");
          for (const process of [cluster.primary, first, second, old]) {
            assert.equal(process.exit, undefined);
          }
        } finally {
          await cluster.stop();
        }
      });
    });
  }
}
