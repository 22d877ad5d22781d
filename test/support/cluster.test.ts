import assert from "node:assert/strict";
import { onceEvent, received } from "./client";
import { type TestCluster, startCluster } from "./cluster";
import { isAlive } from "./process";
import { eventually, waitFor, within } from "./wait";

describe("the cluster harness", () => {
  let cluster: TestCluster;

  beforeEach(async () => {
    cluster = await startCluster({
      primary: "published",
      workers: ["published", { kind: "published", env: { COLOUR: "red" } }],
      serialization: "json",
      adapterOptions: { heartbeatInterval: 4321 },
      serverOptions: { pingInterval: 1234 },
    });
  });

  afterEach(async () => {
    await cluster.stop();
    assert.equal(isAlive(cluster.primary.pid), false);
    for (const worker of cluster.workers) {
      assert.equal(isAlive(worker.pid), false);
    }
  });

  it("runs a function inside a worker and inside the primary", async () => {
    const [first, second] = cluster.workers;
    assert.ok(first && second);
    assert.equal(await first.run(() => process.pid), first.pid);
    assert.equal(
      await cluster.primary.run((_, a, b) => process.pid + a + b, 1, 2),
      cluster.primary.pid + 3,
    );
    assert.equal(await second.run(() => process.env.COLOUR), "red");
    assert.equal(await first.run(() => process.env.COLOUR), undefined);
    assert.equal(
      await first.run(
        ({ io }) =>
          (io.of("/").adapter as unknown as { _opts: Record<string, number> })
            ._opts.heartbeatInterval,
      ),
      4321,
    );
    const pingInterval = await first.run(
      ({ io }) =>
        (io.engine as unknown as { opts: { pingInterval: number } }).opts
          .pingInterval,
    );
    assert.equal(pingInterval, 1234);
  });

  it("rejects with the error of the function that it ran", async () => {
    const failing = cluster.workers[0]?.run(() => {
      throw new TypeError("no such thing");
    });
    await assert.rejects(failing as Promise<never>, {
      name: "TypeError",
      message: "no such thing",
    });
  });

  it("rejects what is pending when a worker dies, with its last words", async () => {
    const [first, second] = cluster.workers;
    assert.ok(first && second);
    const pending = first.run(() => {
      setTimeout(() => {
        throw new Error("out of cheese");
      });
      return new Promise(() => {});
    });
    await assert.rejects(
      pending,
      /worker 1 exited with code 1[^]*out of cheese/,
    );
    await assert.rejects(
      first.run(() => 1),
      /out of cheese/,
    );
    assert.equal((await first.exited).code, 1);
    assert.equal(await second.run(() => "fine"), "fine");
  });

  it("rejects what is pending when the primary dies, and notices the end of its workers", async () => {
    const [first, second] = cluster.workers;
    assert.ok(first && second);
    const pending = first.run(() => new Promise(() => {}));
    cluster.primary.kill("SIGKILL");
    await assert.rejects(pending, /the primary exited with signal SIGKILL/);
    assert.equal((await cluster.primary.exited).signal, "SIGKILL");
    await within(Promise.all([first.exited, second.exited]));
  });

  it("records the warnings of workers and of the primary", async () => {
    const [first] = cluster.workers;
    await first?.run(() => process.emitWarning("careful", { code: "W1" }));
    await cluster.primary.run(() => process.emitWarning("mind the gap"));
    await waitFor(
      () => first?.warnings.length && cluster.primary.warnings.length,
    );
    assert.deepEqual(first?.warnings, [
      { name: "Warning", message: "careful", code: "W1" },
    ]);
    assert.equal(cluster.primary.warnings[0]?.message, "mind the gap");
  });

  it("connects clients which remember what they received", async () => {
    const [first, second] = cluster.workers;
    assert.ok(first && second);
    await cluster.formed("/news");
    const client = await second.connect("/news");
    await first.run(({ io }) => {
      io.of("/news").emit("hello", 1, "a");
      io.of("/news").emit("hello", 2);
    });
    assert.deepEqual(await onceEvent(client, "hello"), [1, "a"]);
    assert.deepEqual(await onceEvent(client, "hello"), [2]);
    assert.deepEqual(received(client, "hello"), [[1, "a"], [2]]);
  });

  it("ends a worker that is stopped, one that is busy and one that ignores SIGTERM", async () => {
    const third = await cluster.fork("published");
    await cluster.formed();
    const [first, second] = cluster.workers;
    assert.ok(first && second);
    await third.run(() => void process.on("SIGTERM", () => {}));
    await first.kill("SIGSTOP");
    void second
      .run(() => {
        for (;;);
      })
      .catch(() => {});
    await cluster.stop();
    assert.equal(third.exit?.signal, "SIGKILL");
    await eventually(() => assert.equal(isAlive(first.pid), false));
  });
});
