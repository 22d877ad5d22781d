import assert from "node:assert/strict";
import { onceEvent, received } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { eventually, waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { serializations, startSubject, subject, workersOf } from "./subject";

async function count(worker: TestWorker): Promise<number> {
  return worker.run(({ io }) => io.of("/").adapter.serverCount());
}

async function fill(worker: TestWorker, messages: number): Promise<void> {
  await worker.run(({ io }, n) => {
    for (let i = 0; i < n; i++) {
      io.emit("filling", "x".repeat(70_000));
    }
  }, messages);
}

function backlogOf(
  { primary }: TestCluster,
  { pid }: TestWorker,
): Promise<number> {
  return primary.run(
    ({ handle }, of) =>
      handle.stats().workers.find((worker) => worker.pid === of)!.backlog
        .messages,
    pid,
  );
}

for (const serialization of serializations) {
  describe(`a worker that does not read, ${serialization}`, () => {
    it("is dropped at the limit, with a warning, costs the others nothing, and joins again when it reads", async () => {
      const cluster = await startSubject(3, {
        serialization,
        primaryArgs: [{ maxBacklogBytes: 2_000_000 }],
      });
      try {
        const [first, second, third] = workersOf(cluster);
        const client = await second.connect();
        await third.kill("SIGSTOP");
        for (let start = 0; start < 1_000; start += 50) {
          await first.run(({ io }, from) => {
            const text = "x".repeat(10_000);
            for (let i = 0; i < 50; i++) {
              io.emit("n", from + i, text);
            }
          }, start);
          // the others keep pace
          await waitFor(() => received(client, "n").length === start + 50);
        }
        assert.deepEqual(
          received(client, "n").map(([n]) => n),
          Array.from({ length: 1_000 }, (_, i) => i),
        );
        await waitFor(() => cluster.primary.warnings.length > 0);
        assert.match(
          cluster.primary.warnings[0]?.message ?? "",
          new RegExp(`pid ${third.pid}.*maxBacklogBytes: 2000000`),
        );
        await eventually(async () => assert.equal(await count(first), 2));

        await third.kill("SIGCONT");
        await eventually(async () => {
          assert.equal(await count(first), 3);
          assert.equal(await count(third), 3);
        });
        const late = await third.connect();
        await first.run(({ io }) => void io.emit("again"));
        await onceEvent(late, "again");
        assert.equal(cluster.primary.warnings.length, 1);
      } finally {
        await cluster.stop();
      }
    });
  });
}

for (const serialization of serializations) {
  describe(`a worker that was dropped, ${serialization}`, () => {
    it("knows who is gone when it joins again, without a heartbeat", async () => {
      const cluster = await startSubject(3, {
        serialization,
        primaryArgs: [{ maxBacklogBytes: 5_000_000 }],
        adapterOptions: { heartbeatTimeout: 1e9 },
      });
      try {
        const [first, second, third] = workersOf(cluster);
        await third.kill("SIGSTOP");
        // the operating system takes nothing more
        await fill(first, 30);
        await waitFor(async () => (await backlogOf(cluster, third)) > 0);
        await second.kill("SIGKILL");
        await eventually(async () => assert.equal(await count(first), 2));
        await eventually(async () => {
          await fill(first, 30);
          assert.equal(cluster.primary.warnings.length, 1);
        });
        const fourth = await cluster.fork(subject);
        await third.kill("SIGCONT");
        for (const worker of [first, third, fourth]) {
          await eventually(async () => assert.equal(await count(worker), 3));
        }
      } finally {
        await cluster.stop();
      }
    });
  });
}

for (const serialization of serializations) {
  describe(`workers that read, ${serialization}`, () => {
    it("lose nothing of a burst that is larger than the limit", async () => {
      const cluster = await startSubject(3, {
        serialization,
        primaryArgs: [{ maxBacklogBytes: 1_000_000 }],
      });
      try {
        const [first, second, third] = workersOf(cluster);
        const clients = [await second.connect(), await third.connect()];
        await first.run(({ io }) => {
          const text = "x".repeat(2_000_000);
          for (let i = 0; i < 5; i++) {
            io.to("nobody").emit("n", text);
            io.emit("n", i);
          }
        });
        for (const client of clients) {
          await waitFor(() => received(client, "n").length === 5);
        }
        assert.deepEqual(cluster.primary.warnings, []);
      } finally {
        await cluster.stop();
      }
    });
  });
}

describe("the options of setupPrimary()", () => {
  for (const [options, text] of [
    [{ maxBacklogBytes: 0 }, /"maxBacklogBytes".*got 0/],
    [{ maxBacklogMessages: "many" }, /"maxBacklogMessages".*got "many"/],
    [{ maxBacklog: 1 }, /"maxBacklog".*got 1.*maxBacklogBytes/],
  ] as const) {
    it(`${JSON.stringify(options)} throws, and names the key and the value`, async () => {
      const cluster = await startSubject(1);
      try {
        const failing = cluster.primary.run(({ adapterPackage }, opts) => {
          (adapterPackage as { setupPrimary(o: object): void }).setupPrimary(
            opts,
          );
        }, options as object);
        await assert.rejects(failing, text);
      } finally {
        await cluster.stop();
      }
    });
  }
});
