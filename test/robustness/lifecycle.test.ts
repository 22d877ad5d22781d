import assert from "node:assert/strict";
import { collect, onceEvent, received } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { eventually, within } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { startSubject, subject } from "./subject";

describe("namespaces and servers that come and go", () => {
  let cluster: TestCluster;
  let first: TestWorker;
  let second: TestWorker;

  beforeEach(async () => {
    cluster = await startSubject(2, {
      serverOptions: { cleanupEmptyChildNamespaces: true },
    });
    [first, second] = cluster.workers as [TestWorker, TestWorker];
  });
  afterEach(() => cluster.stop());

  it("thirty namespaces give no warning and share one listener", async () => {
    const before = await first.run(() => process.listenerCount("message"));
    await first.run(({ io }) => {
      for (let i = 0; i < 30; i++) {
        io.of(`/n${i}`);
      }
    });
    await first.run(() => new Promise((resolve) => setImmediate(resolve)));
    assert.equal(
      await first.run(() => process.listenerCount("message")),
      before,
    );
    assert.deepEqual(first.warnings, []);
  });

  it("2,000 dynamic namespaces that were closed leave nothing behind", async () => {
    const cycle = (worker: TestWorker) =>
      worker.run(async ({ io }) => {
        const listeners = process.listenerCount("message");
        const adapters: { close(): void | Promise<void> }[] = [];
        for (let i = 0; i < 2_000; i++) {
          adapters.push(io.of(`/dynamic-${i}`).adapter);
        }
        for (const adapter of adapters) {
          await adapter.close();
        }
        const { getActiveResourcesInfo } = process as unknown as {
          getActiveResourcesInfo(): string[];
        };
        return {
          added: process.listenerCount("message") - listeners,
          timers: getActiveResourcesInfo().filter((name) => name === "Timeout")
            .length,
        };
      });
    const { added, timers } = await cycle(first);
    assert.equal(added, 0);
    assert.ok(timers < 20, `${timers} timers are left`);
    // the second worker has none of them, and hears of none any more
    await eventually(async () => {
      const sent = await second.run(({ io }) =>
        io.of("/").adapter.serverCount(),
      );
      assert.equal(sent, 2);
    });
    const { workers } = await cluster.primary.run(({ handle }) =>
      handle.stats(),
    );
    assert.deepEqual(
      workers.map(({ nodes }) => nodes.map(({ nsp }) => nsp)),
      [["/"], ["/"]],
    );
    await cluster.formed("/dynamic-0", [second]);
    const counts = await second.run(({ io }) =>
      io.of("/dynamic-0").adapter.serverCount(),
    );
    assert.equal(counts, 1);
  });

  it("a dynamic namespace closes with its last client and opens again with the next", async () => {
    await Promise.all(
      cluster.workers.map((worker) =>
        worker.run(({ io }) => void io.of(/^\/room-\d+$/)),
      ),
    );
    for (let round = 0; round < 3; round++) {
      const clients = [
        await first.connect("/room-1"),
        await second.connect("/room-1"),
      ];
      await eventually(async () => {
        const count = await first.run(({ io }) =>
          io.of("/room-1").adapter.serverCount(),
        );
        assert.equal(count, 2);
      });
      await first.run(
        ({ io }, n) => void io.of("/room-1").emit("round", n),
        round,
      );
      for (const client of clients) {
        assert.deepEqual(await onceEvent(client, "round"), [round]);
        client.disconnect();
      }
      for (const worker of cluster.workers) {
        await eventually(async () =>
          assert.equal(
            await worker.run(({ io }) => io._nsps.has("/room-1")),
            false,
          ),
        );
      }
    }
  });

  it("a client that is let in after its dynamic namespace was closed hears the other workers", async () => {
    await first.run(({ io, state }) => {
      io.of(/^\/room-\d+$/).use((socket, next) => {
        if (socket.handshake.auth.isRefused) {
          next(new Error("refused"));
        } else {
          state.letIn = next;
        }
      });
    });
    await second.run(({ io }) => void io.of("/room-1"));
    const waiting = first.connect("/room-1");
    const waits = () => first.run(({ state }) => state.letIn !== undefined);
    await eventually(async () => assert.ok(await waits()));
    const refused = { auth: { isRefused: true } };
    await assert.rejects(first.connect("/room-1", refused), /refused/);
    const isThere = () => first.run(({ io }) => io._nsps.has("/room-1"));
    await eventually(async () => assert.equal(await isThere(), false));
    await first.run(({ state }) => (state.letIn as () => void)());
    const client = await waiting;
    const countOf = (nsp: string) =>
      second.run(({ io }, name) => io.of(name).adapter.serverCount(), nsp);
    await eventually(async () => assert.equal(await countOf("/room-1"), 2));
    await second.run(({ io }) => void io.of("/room-1").emit("hello"));
    assert.deepEqual(await onceEvent(client, "hello"), []);
    client.disconnect();
    await eventually(async () => assert.equal(await countOf("/room-1"), 1));
  });

  it("what a listener of disconnect emits when the last client of a dynamic namespace leaves arrives elsewhere", async () => {
    await Promise.all(
      cluster.workers.map((worker) =>
        worker.run(({ io }) => {
          io.of(/^\/room-\d+$/).on("connection", (socket) => {
            socket.on("disconnect", async () => {
              socket.nsp.emit("left", 1);
              await Promise.resolve();
              socket.nsp.to("a").emit("left", 2);
              socket.nsp.emit("left", 3);
            });
          });
        }),
      ),
    );
    const staying = await second.connect("/room-1");
    const leaving = await first.connect("/room-1");
    leaving.disconnect();
    assert.deepEqual(await collect(staying, "left", 2), [[1], [3]]);
    const count = await second.run(({ io }) =>
      io.of("/room-1").adapter.serverCount(),
    );
    assert.equal(count, 1);
  });

  it("a closed adapter is no member any more, and answers nothing", async () => {
    await cluster.formed("/news");
    const client = await first.connect("/news");
    await first.run(({ io, state }) => {
      const sent: unknown[] = (state.sent = []);
      const send = process.send as (...args: unknown[]) => boolean;
      process.send = (...args: unknown[]) => {
        sent.push(args[0]);
        return send.apply(process, args);
      };
      const { adapter } = io.of("/news");
      void adapter.close();
      void adapter.close();
      io.of("/news").emit("late");
    });
    assert.deepEqual(await onceEvent(client, "late"), []);
    const result = await first.run(async ({ io, state }) => ({
      sockets: (await io.of("/news").fetchSockets()).length,
      types: (state.sent as { source?: string; type: number }[])
        .filter(({ source }) => source === "_sio_adapter")
        .map(({ type }) => type),
    }));
    // goodbye, and what was emitted after it
    assert.deepEqual(result, { sockets: 1, types: [13, 14] });
  });

  it("a pending request settles when its server closes", async () => {
    await second.kill("SIGSTOP");
    const pending = first.run(async ({ io }) => {
      const sockets = io.fetchSockets();
      setImmediate(() => void io.of("/").adapter.close());
      return (await sockets).length;
    });
    assert.equal(await within(pending, { deadline: 3_000 }), 0);
  });

  it("io.close() lets a worker with an idle channel end by itself", async () => {
    await first.run(async ({ io, createAdapter, Server }) => {
      // a request with a long timeout, answered long before
      io.timeout(600_000).emit("ask", () => {});
      new Server().adapter(createAdapter());
      await io.close();
    });
    const others = await first.run(async ({ Server, createAdapter }) => {
      const io = new Server();
      io.adapter(createAdapter());
      await io.of("/").adapter.close();
      return process.listenerCount("message");
    });
    assert.ok(others >= 1);
    await first.run(({ cluster: { worker } }) => {
      setImmediate(() => worker?.disconnect());
    });
    assert.equal((await within(first.exited)).code, 0);
  });

  it("a worker that has disconnected ends by itself without io.close()", async () => {
    await first.run(({ io }) => void io.httpServer.close());
    await first.run(({ cluster: { worker } }) => {
      setImmediate(() => worker?.disconnect());
    });
    assert.equal((await within(first.exited)).code, 0);
  });

  it("io.adapter() that is called again replaces the adapter, and doubles nothing", async () => {
    const client = await second.connect();
    await second.run(
      ({ io, createAdapter }) => void io.adapter(createAdapter()),
    );
    await cluster.formed();
    await first.run(({ io }) => void io.emit("once"));
    // what was sent before has reached the worker
    const late = await second.connect();
    await first.run(({ io }) => void io.emit("fence 2"));
    await onceEvent(late, "fence 2");
    // and it has reached the client: this one comes behind it on its connection
    await second.run(({ io }, id) => {
      io.of("/").sockets.get(id)?.emit("own fence");
    }, client.id as string);
    await onceEvent(client, "own fence");
    assert.ok(received(client, "once").length <= 1);
  });
});

describe("io.adapter()", () => {
  it("that is called thrice at once leaves one adapter", async () => {
    const cluster = await startSubject(2);
    try {
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      await second.run(({ io, createAdapter }) => {
        io.adapter(createAdapter());
        io.adapter(createAdapter());
        io.adapter(createAdapter());
      });
      await eventually(async () => {
        for (const worker of [first, second]) {
          const count = await worker.run(({ io }) =>
            io.of("/").adapter.serverCount(),
          );
          assert.equal(count, 2);
        }
      });
    } finally {
      await cluster.stop();
    }
  });
});

describe("setupPrimary()", () => {
  it("may be called twice: nothing is doubled, and both calls return one handle", async () => {
    const cluster = await startSubject(2);
    try {
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      const same = await cluster.primary.run(
        ({ setupPrimary, handle }) => (setupPrimary() as unknown) === handle,
      );
      const client = await second.connect();
      await first.run(({ io }) => void io.emit("once"));
      await first.run(({ io }) => void io.emit("fence"));
      await onceEvent(client, "fence");
      assert.equal(received(client, "once").length, 1);
      assert.ok(same);
    } finally {
      await cluster.stop();
    }
  });

  it("may be called after the workers were forked", async () => {
    const cluster = await startSubject(2, { primary: "none" });
    try {
      await cluster.primary.run(({ require }, kind) => {
        const path = kind === "ours" ? "../.." : "cluster-adapter-published";
        (require(path) as { setupPrimary(): void }).setupPrimary();
      }, subject);
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      const client = await second.connect();
      await first.run(({ io }) => void io.emit("late but there"));
      await onceEvent(client, "late but there");
    } finally {
      await cluster.stop();
    }
  });

  it("leaves no listener on cluster when its handle is closed, and may be called again", async () => {
    const cluster = await startSubject(2);
    try {
      const counts = await cluster.primary.run(
        ({ cluster: module, handle, setupPrimary }) => {
          const emitter = module as unknown as NodeJS.EventEmitter;
          const count = () =>
            ["fork", "message", "disconnect", "exit"].map((event) =>
              emitter.listenerCount(event),
            );
          const open = count();
          (handle as { close(): void }).close();
          const closed = count();
          setupPrimary();
          return { open, closed, again: count() };
        },
      );
      assert.deepEqual(counts.closed, [0, 0, 0, 0]);
      assert.deepEqual(counts.again, counts.open);
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      const client = await second.connect();
      await first.run(({ io }) => void io.emit("again"));
      await onceEvent(client, "again");
    } finally {
      await cluster.stop();
    }
  });
});
