import assert from "node:assert/strict";
import type { ClusterStats } from "../../dist";
import { received } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import type { WorkerContext } from "../support/remote";
import { eventually, waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";

interface Counts {
  sent: { messages: number; bytes: number };
  received: { messages: number; bytes: number };
}

// no heartbeat comes between the figures of the one side and those of the other
const adapterOptions = { heartbeatInterval: 600_000, heartbeatTimeout: 1e9 };

/** Runs in a worker: counts what passes its channel, without the help of the library. */
function countTraffic({ state }: WorkerContext): void {
  interface Message {
    source?: string;
    type?: number;
    data?: Array<Buffer | string>;
  }
  const counts = {
    sent: { messages: 0, bytes: 0 },
    received: { messages: 0, bytes: 0 },
  };
  const add = (to: { messages: number; bytes: number }, message: Message) => {
    if (message?.source === "_sio_adapter") {
      to.messages++;
      // frames are bytes, or text on a channel that is JSON
      to.bytes +=
        message.type === 14
          ? (message.data ?? []).reduce((sum, { length }) => sum + length, 0)
          : 0;
    }
  };
  const send = process.send!.bind(process) as (...args: unknown[]) => boolean;
  process.send = ((message: Message, ...rest: unknown[]) => {
    add(counts.sent, message);
    return send(message, ...rest);
  }) as typeof process.send;
  process.on("message", (message: Message) => add(counts.received, message));
  state.counts = counts;
}

function countsOf(worker: TestWorker): Promise<Counts> {
  return worker.run(({ state }) => state.counts as Counts);
}

function statsOf(cluster: TestCluster): Promise<ClusterStats> {
  return cluster.primary.run(({ handle }) => handle.stats());
}

/** What the primary has counted of a worker since an earlier snapshot. */
function growthOf(
  { id }: TestWorker,
  before: ClusterStats,
  after: ClusterStats,
): Counts {
  const [from, to] = [before, after].map((stats) =>
    stats.workers.find((worker) => worker.id === id),
  );
  assert.ok(from && to);
  const minus = (direction: "received" | "sent") => ({
    messages: to[direction].messages - from[direction].messages,
    bytes: to[direction].bytes - from[direction].bytes,
  });
  // what the primary receives is what the worker sends
  return { sent: minus("received"), received: minus("sent") };
}

for (const serialization of ["advanced", "json"] as const) {
  for (const serverOptions of [{}, { connectionStateRecovery: {} }]) {
    const wire =
      "connectionStateRecovery" in serverOptions ? "ordered" : "fast";

    describe(`stats() on the ${wire} wire, ${serialization}`, () => {
      let cluster: TestCluster;

      before(async () => {
        cluster = await startCluster({
          primary: "ours",
          workers: ["ours", "ours", "ours"],
          serialization,
          adapterOptions,
          serverOptions,
        });
        await waitFor(async () => (await statsOf(cluster)).wire === wire);
      });
      after(() => cluster.stop());

      it("says of each worker who it is, and how it speaks", async () => {
        const { workers, totals } = await statsOf(cluster);
        assert.equal(workers.length, 3);
        for (const { id, pid } of cluster.workers) {
          const stats = workers.find((worker) => worker.id === id);
          assert.ok(stats);
          assert.equal(stats.pid, pid);
          assert.equal(stats.wire, wire);
          assert.deepEqual(
            stats.nodes.map(({ nsp }) => nsp),
            ["/"],
          );
          assert.ok((stats.silentFor ?? -1) >= 0);
          assert.deepEqual(stats.backlog, { messages: 0, bytes: 0 });
          assert.deepEqual(stats.discarded, { messages: 0, bytes: 0 });
          assert.equal(stats.overflows, 0);
        }
        const sum = workers.reduce((all, one) => all + one.sent.messages, 0);
        assert.equal(totals.sent.messages, sum);
      });

      it("counts the messages and the bytes that the workers count", async () => {
        const [first, second] = cluster.workers;
        const client = await second!.connect();
        await Promise.all(
          cluster.workers.map((worker) => worker.run(countTraffic)),
        );
        const before = await statsOf(cluster);
        for (const worker of cluster.workers) {
          await worker.run(async ({ io }) => {
            for (let i = 0; i < 300; i++) {
              io.emit("n", i, "x".repeat(i), Buffer.alloc(10));
            }
            await io.fetchSockets();
            io.to("nobody").socketsJoin("room");
          });
        }
        await waitFor(() => received(client, "n").length === 900);
        await first!.run(({ io }) => io.fetchSockets().then(() => {}));
        await eventually(async () => {
          const after = await statsOf(cluster);
          for (const worker of cluster.workers) {
            assert.deepEqual(
              growthOf(worker, before, after),
              await countsOf(worker),
            );
          }
          const { bytes } = after.totals.received;
          assert.ok(bytes - before.totals.received.bytes > 3 * 300 * 150);
        });
      });

      it("goes on counting what a worker that is gone has sent", async () => {
        const before = await statsOf(cluster);
        const [, , third] = cluster.workers;
        await third!.kill();
        await waitFor(
          async () => (await statsOf(cluster)).workers.length === 2,
        );
        const { totals } = await statsOf(cluster);
        assert.ok(totals.received.messages >= before.totals.received.messages);
        assert.ok(totals.received.bytes >= before.totals.received.bytes);
      });
    });
  }
}

describe("stats()", () => {
  it("knows what waits for a worker that does not read, and what was discarded", async () => {
    const cluster = await startCluster({
      primary: "ours",
      primaryArgs: [{ maxBacklogBytes: 4_000_000 }],
      workers: ["ours", "ours"],
      serialization: "advanced",
    });
    try {
      const [first, second] = cluster.workers;
      await second!.kill("SIGSTOP");
      const publish = () =>
        first!.run(({ io }) => {
          for (let i = 0; i < 20; i++) {
            io.emit("n", "x".repeat(50_000));
          }
        });
      const ofSecond = async () =>
        (await statsOf(cluster)).workers.find(({ id }) => id === second!.id)!;
      await publish();
      await publish();
      await eventually(async () => {
        const { backlog } = await ofSecond();
        assert.ok(backlog.bytes > 1_000_000, `${backlog.bytes} bytes`);
        assert.ok(backlog.bytes < 2_500_000, `${backlog.bytes} bytes`);
        assert.ok(backlog.messages > 0);
      });
      await eventually(async () => {
        await publish();
        const { overflows, discarded, backlog, nodes } = await ofSecond();
        assert.equal(overflows, 1);
        assert.ok(discarded.messages > 0);
        assert.ok(discarded.bytes > 1_000_000);
        assert.equal(backlog.messages, 0);
        assert.deepEqual(nodes, []);
      });
    } finally {
      await cluster.stop();
    }
  });

  it("counts sessions, kept packets, and how those who came back have fared", async () => {
    const cluster = await startCluster({
      primary: "ours",
      workers: ["ours", "ours"],
      serialization: "advanced",
      serverOptions: { connectionStateRecovery: {} },
    });
    try {
      const [first] = cluster.workers;
      const [stays, leaves] = [await first!.connect(), await first!.connect()];
      await first!.run(({ io }) => void io.emit("n"));
      await waitFor(() =>
        [stays, leaves].every((c) => received(c, "n").length),
      );
      leaves.io.engine.close();
      const recovery = async () => (await statsOf(cluster)).recovery;
      await eventually(async () => {
        const { log, sessions } = await recovery();
        assert.deepEqual(sessions, { open: 1, detached: 1 });
        assert.equal(log.packets, 1);
        assert.ok(log.bytes > 0 && log.bytes < 200);
      });
      leaves.connect();
      await waitFor(() => leaves.connected);
      assert.equal(leaves.recovered, true);
      const forged = await first!.connect("/", {
        auth: { pid: "x".repeat(20), offset: "AAAAAA-1" },
      });
      assert.equal(forged.recovered, false);
      await eventually(async () => {
        const { sessions, restores } = await recovery();
        assert.deepEqual(sessions, { open: 3, detached: 0 });
        assert.equal(restores.recovered, 1);
      });
    } finally {
      await cluster.stop();
    }
  });

  it("is plain data", async () => {
    const cluster = await startCluster({
      primary: "ours",
      workers: ["ours"],
      serialization: "json",
    });
    try {
      const isSame = await cluster.primary.run(({ handle, require }) => {
        const { isDeepStrictEqual } =
          require("node:util") as typeof import("node:util");
        const stats = handle.stats();
        return isDeepStrictEqual(JSON.parse(JSON.stringify(stats)), stats);
      });
      assert.equal(isSame, true);
    } finally {
      await cluster.stop();
    }
  });
});
