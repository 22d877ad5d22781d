import assert from "node:assert/strict";
import { onceEvent } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { within } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { startSubject, workersOf } from "./subject";

// far below the heartbeat timeout (10 s) and the timeout of a request (5 s), far above what it takes
const AT_ONCE = 2_000;

async function countsServers(
  worker: TestWorker,
  expected: number,
): Promise<void> {
  await within(
    worker.run(async ({ io }, count) => {
      while ((await io.of("/").adapter.serverCount()) !== count) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }, expected),
    { deadline: AT_ONCE, message: `serverCount() is ${expected}` },
  );
}

/** The worker is stopped: it reads nothing, and answers nothing. */
async function neverAnswers(worker: TestWorker): Promise<void> {
  await worker.kill("SIGSTOP");
}

const endings: [string, (worker: TestWorker) => Promise<unknown>][] = [
  ["is killed", (worker) => worker.kill("SIGKILL")],
  [
    "exits",
    (worker) => worker.run(() => void setImmediate(() => process.exit(0))),
  ],
  [
    "exits, and says so in a listener",
    (worker) =>
      worker.run(({ io }) => {
        process.on("exit", () => io.emit("bye"));
        setImmediate(() => process.exit(0));
      }),
  ],
  [
    "disconnects",
    (worker) =>
      worker.run(
        ({ cluster }) => void setImmediate(() => cluster.worker?.disconnect()),
      ),
  ],
];

describe("a worker that is gone", () => {
  let cluster: TestCluster;
  let first: TestWorker;
  let second: TestWorker;
  let third: TestWorker;

  beforeEach(async () => {
    cluster = await startSubject(3);
    [first, second, third] = workersOf(cluster);
  });
  afterEach(() => cluster.stop());

  for (const [how, end] of endings) {
    it(`leaves every namespace's count at once when it ${how}`, async () => {
      await cluster.formed("/chat");
      await end(third);
      await countsServers(first, 2);
      await countsServers(second, 2);
      const chat = await first.run(({ io }) =>
        io.of("/chat").adapter.serverCount(),
      );
      assert.equal(chat, 2);
    });
  }

  it("settles a fetchSockets() that waits for it with what has arrived", async () => {
    const clients = [await first.connect(), await second.connect()];
    await third.connect();
    await neverAnswers(third);
    const pending = first.run(async ({ io }) =>
      (await io.fetchSockets()).map(({ id }) => id),
    );
    await first.run(() => undefined);
    await third.kill("SIGKILL");
    const ids = await within(pending, { deadline: AT_ONCE });
    assert.deepEqual(ids.sort(), clients.map(({ id }) => id).sort());
  });

  it("settles a serverSideEmit() that waits for it with what has arrived", async () => {
    await second.run(
      ({ io }) => void io.on("ask", (cb: (n: number) => void) => cb(2)),
    );
    await neverAnswers(third);
    const pending = first.run(
      async ({ io }) => (await io.serverSideEmitWithAck("ask")) as unknown,
    );
    await first.run(() => undefined);
    await third.kill("SIGKILL");
    assert.deepEqual(await within(pending, { deadline: AT_ONCE }), [2]);
  });

  it("settles an emitWithAck() whose packet it never answered", async () => {
    (await second.connect()).on("ask", (cb) => cb("second"));
    (await third.connect()).on("ask", (cb) => cb("third"));
    await neverAnswers(third);
    const pending = first.run(({ io }) =>
      io.timeout(60_000).emitWithAck("ask"),
    );
    await first.run(() => undefined);
    await third.kill("SIGKILL");
    assert.deepEqual(await within(pending, { deadline: AT_ONCE }), ["second"]);
  });

  it("settles an emitWithAck() that waits for some of its clients", async () => {
    (await second.connect()).on("ask", (cb) => cb("second"));
    (await third.connect()).on("ask", (cb) => cb("third"));
    const silent = await third.connect();
    const pending = first.run(({ io, state }) => {
      state.responses = 0;
      const adapter = io.of("/").adapter as unknown as {
        onResponse(response: { type: number }): void;
      };
      const onResponse = adapter.onResponse.bind(adapter);
      adapter.onResponse = (response) => {
        onResponse(response);
        if (response.type === 12) {
          (state.responses as number)++;
        }
      };
      return io.timeout(60_000).emitWithAck("ask");
    });
    await onceEvent(silent, "ask");
    await within(
      first.run(async ({ state }) => {
        while (state.responses !== 2) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }),
    );
    await third.kill("SIGKILL");
    const responses = await within(pending, { deadline: AT_ONCE });
    assert.deepEqual(responses.sort(), ["second", "third"]);
  });

  it("is heard of by the others once, and leaves nothing in the primary", async () => {
    await cluster.formed("/chat");
    await first.run(({ state }) => {
      const closed: unknown[] = (state.closed = []);
      process.on("message", (m: { source?: string; type?: number }) => {
        if (m.source === "_sio_adapter" && m.type === 13) {
          closed.push(m);
        }
      });
    });
    await third.kill("SIGKILL");
    await countsServers(first, 2);
    await cluster.fork(third.kind);
    await cluster.formed("/chat");
    const closed = await first.run(
      ({ state }) => state.closed as { nsp: string }[],
    );
    assert.deepEqual(closed.map(({ nsp }) => nsp).sort(), ["/", "/chat"]);
  });
});

describe("a worker that exits under a primary of 0.3.0", () => {
  it("says goodbye itself", async () => {
    const cluster = await startSubject(2, { primary: "published" });
    try {
      const [first, second] = workersOf(cluster);
      await second.run(() => void setImmediate(() => process.exit(0)));
      await countsServers(first, 1);
    } finally {
      await cluster.stop();
    }
  });
});

describe("a worker that hangs", () => {
  it("is out after the heartbeat timeout, and back when it goes on", async () => {
    const cluster = await startSubject(2, {
      adapterOptions: { heartbeatInterval: 50, heartbeatTimeout: 300 },
    });
    try {
      const [first, second] = workersOf(cluster);
      await second.kill("SIGSTOP");
      await first.run(async ({ io }) => {
        while ((await io.of("/").adapter.serverCount()) !== 1) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
      await second.kill("SIGCONT");
      await countsServers(first, 2);
    } finally {
      await cluster.stop();
    }
  });
});
