import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { onceEvent, received } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { serializations, startSubject } from "./subject";
import { speaks } from "./wires";

/** Each worker numbers what it publishes, until it is told to stop. */
async function publish(worker: TestWorker): Promise<void> {
  await worker.run(({ io, state }) => {
    let n = 0;
    const id = process.pid;
    state.publisher = setInterval(() => {
      for (let i = 0; i < 5; i++) {
        io.emit("n", id, n++);
      }
      io.socketsJoin(`room ${n}`);
      io.to(`room ${n}`).emit("joined", id, n);
    }, 1);
  });
}

async function stopPublishing(worker: TestWorker): Promise<void> {
  await worker.run(({ io, state }) => {
    clearInterval(state.publisher as NodeJS.Timeout);
    io.emit("end", process.pid);
  });
}

/** Nothing that one sender sent is missing, doubled, or out of its order. */
function check(client: Socket, sender: TestWorker, isLate = false): void {
  const numbers = received(client, "n")
    .filter(([id]) => id === sender.pid)
    .map(([, n]) => n as number);
  const start = isLate ? (numbers[0] as number) : 0;
  assert.ok(numbers.length > 0);
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => start + i),
  );
}

for (const serialization of serializations) {
  describe(`the change between the wires, ${serialization}`, () => {
    let cluster: TestCluster;

    beforeEach(async () => {
      cluster = await startSubject(3, { serialization });
    });
    afterEach(() => cluster.stop());

    it("a cluster of its own kind speaks the fast wire, and Buffers arrive as Buffers", async () => {
      const [first] = cluster.workers as [TestWorker];
      await speaks(cluster.workers, "fast");
      for (const worker of cluster.workers) {
        await worker.run(({ io }) => {
          io.on("ask", (value: unknown, cb: (answer: unknown) => void) =>
            cb({ isBuffer: Buffer.isBuffer(value), value }),
          );
        });
      }
      const answers = await first.run(async ({ io }) => {
        const all = (await io.serverSideEmitWithAck(
          "ask",
          Buffer.from("abc"),
        )) as { isBuffer: boolean; value: unknown }[];
        return all.map(({ isBuffer, value }) => [
          isBuffer,
          Buffer.isBuffer(value),
        ]);
      });
      assert.deepEqual(answers, [
        [true, true],
        [true, true],
      ]);
    });

    it("a worker of 0.3.0 that joins and leaves costs the others nothing, and no order", async () => {
      await speaks(cluster.workers, "fast");
      const senders = [...cluster.workers];
      const clients = await Promise.all(
        senders.map((worker) => worker.connect()),
      );
      await Promise.all(senders.map(publish));
      await onceEvent(clients[0] as Socket, "n");

      const old = await cluster.fork("published");
      const oldClient = await old.connect();
      await cluster.formed();
      await publish(old);
      await speaks(senders, "plain");
      await onceEvent(oldClient, "joined");
      await stopPublishing(old);
      await Promise.all(clients.map((client) => onceEvent(client, "end")));
      await old.kill("SIGKILL");
      await speaks(senders, "fast");

      await Promise.all(senders.map(stopPublishing));
      for (const client of clients) {
        await waitFor(() => received(client, "end").length === 4);
        for (const sender of senders) {
          check(client, sender);
        }
        check(client, old);
      }
      for (const sender of senders) {
        check(oldClient, sender, true);
      }
    });

    it("a primary that is set up again speaks to everyone, though a worker of 0.3.0 has come meanwhile", async () => {
      await speaks(cluster.workers, "fast");
      const [first] = cluster.workers as [TestWorker];
      await cluster.primary.run(({ handle }) =>
        (handle as { close(): void }).close(),
      );
      const old = await cluster.fork("published");
      const client = await old.connect();
      await cluster.primary.run(({ setupPrimary }) => setupPrimary());
      await cluster.formed();
      await first.run(({ io }) => void io.emit("again"));
      await onceEvent(client, "again");
    });

    it("a primary that is closed leaves the clients of each worker what their worker emits", async () => {
      for (const serverOptions of [{}, { connectionStateRecovery: {} }]) {
        const closed = await startSubject(2, { serialization, serverOptions });
        try {
          const [first] = closed.workers as [TestWorker];
          const client = await first.connect();
          await first.run(({ io }) => void io.emit("before"));
          await onceEvent(client, "before");
          await closed.primary.run(({ handle }) => handle.close());
          await first.run(({ io }) => void io.emit("after"));
          await onceEvent(client, "after");
        } finally {
          await closed.stop();
        }
      }
    });

    it("a worker that is new under a primary that was set up late is found by it", async () => {
      const late = await startSubject(2, { serialization, primary: "none" });
      try {
        await late.primary.run(({ require }) => {
          (require("../..") as { setupPrimary(): void }).setupPrimary();
        });
        await late.formed();
        await speaks(late.workers, "fast");
      } finally {
        await late.stop();
      }
    });
  });
}
