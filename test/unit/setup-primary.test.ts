import assert from "node:assert/strict";
import cluster from "node:cluster";
import { setupPrimary, type PrimaryHandle } from "../../dist/setup-primary";
import { freshCopy } from "./support/fresh-copy";
import { silence } from "./support/silence";
import { stub } from "./support/stub";
import { warningsOf } from "./support/warnings";

const EVENTS = ["fork", "message", "disconnect", "exit"];
const MARK = Symbol.for("@socket.io/cluster-adapter:primary");
const HEARTBEAT = 2;
const ADAPTER_CLOSE = 13;
const CONTROL = 15;

/** What the primary sees of a worker. */
class FakeWorker {
  readonly sent: Array<{ uid: string; type: number }> = [];
  readonly process = { pid: 1 };
  connected = true;
  onSend: (error: null, callback: unknown) => void = () => {};

  isConnected(): boolean {
    return this.connected;
  }

  send(message: { uid: string; type: number }, callback?: unknown): void {
    this.onSend(null, callback);
    this.sent.push(message);
    process.nextTick(callback as () => void);
  }
}

function heartbeat(uid: string) {
  return { source: "_sio_adapter", uid, nsp: "/", type: HEARTBEAT };
}

function listenerCounts(): number[] {
  return EVENTS.map((event) => cluster.listenerCount(event));
}

function emit(event: string, ...args: unknown[]): void {
  cluster.emit(event, ...args);
}

describe("setupPrimary()", () => {
  let handles: PrimaryHandle[];
  let before: number[];

  function setUp(of = setupPrimary): PrimaryHandle {
    const handle = of();
    handles.push(handle);
    return handle;
  }

  beforeEach(() => {
    handles = [];
    before = listenerCounts();
  });

  afterEach(() => {
    handles.forEach((handle) => handle.close());
    assert.deepEqual(listenerCounts(), before);
    assert.equal(MARK in cluster, false);
  });

  it("returns the same handle each time, and listens once", () => {
    const handle = setUp();
    const listening = listenerCounts();
    assert.deepEqual(
      listening,
      before.map((count) => count + 1),
    );
    assert.equal(setUp(), handle);
    assert.deepEqual(listenerCounts(), listening);
  });

  it("shares one relay between the copies of the package in a process", () => {
    const copy =
      freshCopy<typeof import("../../dist/setup-primary")>("setup-primary");
    assert.notEqual(copy.setupPrimary, setupPrimary);
    const handle = setUp();
    assert.equal(setUp(copy.setupPrimary), handle);
    assert.equal((cluster as unknown as Record<symbol, unknown>)[MARK], handle);
    handle.close();
    const other = setUp(copy.setupPrimary);
    assert.equal(setUp(), other);
  });

  it("relays the messages of a worker to the others", async () => {
    setUp();
    const [a, b, c] = [new FakeWorker(), new FakeWorker(), new FakeWorker()];
    [a, b, c].forEach((worker) => emit("fork", worker));
    emit("message", a, heartbeat("a"));
    emit("message", b, { source: "the application" });
    await silence();
    assert.deepEqual(a.sent, []);
    assert.deepEqual(b.sent, [heartbeat("a")]);
    assert.deepEqual(c.sent, [heartbeat("a")]);
  });

  it("knows the workers that are connected already", async () => {
    const [a, b, gone] = [new FakeWorker(), new FakeWorker(), new FakeWorker()];
    gone.connected = false;
    const workers = { 1: a, 2: b, 3: undefined, 4: gone };
    const restore = stub(cluster, "workers", workers);
    try {
      setUp();
    } finally {
      restore();
    }
    gone.connected = true;
    emit("message", a, heartbeat("a"));
    await silence();
    assert.deepEqual(
      b.sent.map(({ uid, type }) => [uid, type]),
      [
        ["primary", CONTROL],
        ["a", HEARTBEAT],
      ],
    );
    assert.deepEqual(gone.sent, []);
  });

  for (const event of ["disconnect", "exit"]) {
    it(`announces the nodes of a worker on "${event}"`, async () => {
      setUp();
      const [a, b] = [new FakeWorker(), new FakeWorker()];
      emit("fork", b);
      emit("message", a, heartbeat("a"));
      a.connected = false;
      emit(event, a);
      emit("exit", a);
      emit("disconnect", a);
      await silence();
      assert.deepEqual(b.sent, [
        heartbeat("a"),
        { ...heartbeat("a"), type: ADAPTER_CLOSE },
      ]);
    });
  }

  it("waits for the end of the channel of a worker that has exited", async () => {
    setUp();
    const [a, b] = [new FakeWorker(), new FakeWorker()];
    emit("fork", b);
    emit("message", a, heartbeat("a"));
    emit("exit", a);
    emit("message", a, heartbeat("a2"));
    a.connected = false;
    emit("disconnect", a);
    await silence();
    assert.deepEqual(
      b.sent.map(({ uid, type }) => [uid, type]),
      [
        ["a", HEARTBEAT],
        ["a2", HEARTBEAT],
        ["a", ADAPTER_CLOSE],
        ["a2", ADAPTER_CLOSE],
      ],
    );
  });

  it("sends nothing to a worker that is not connected, and swallows errors of one that is", async () => {
    setUp();
    const [a, b, c] = [new FakeWorker(), new FakeWorker(), new FakeWorker()];
    [a, b, c].forEach((worker) => emit("fork", worker));
    b.connected = false;
    let callback: unknown;
    c.onSend = (_, given) => (callback = given);
    emit("message", a, heartbeat("a"));
    await silence();
    assert.deepEqual([b.sent.length, c.sent.length], [0, 1]);
    assert.equal(typeof callback, "function");
    (callback as (error: Error) => void)(new Error("EPIPE"));
  });

  it("survives a message that cannot be sent on, and sends it to the others", async () => {
    setUp();
    const [a, b, c] = [new FakeWorker(), new FakeWorker(), new FakeWorker()];
    [a, b, c].forEach((worker) => emit("fork", worker));
    b.onSend = () => {
      throw new RangeError("Maximum call stack size exceeded");
    };
    const warnings: string[] = [];
    const restore = stub(process, "emitWarning", (text: string) =>
      warnings.push(text),
    );
    emit("message", a, heartbeat("a"));
    await silence();
    restore();
    assert.deepEqual(c.sent, [heartbeat("a")]);
    assert.match(warnings.join(), /Maximum call stack size exceeded/);
  });

  it("stops with close(), and can be called again", async () => {
    const handle = setUp();
    const [a, b] = [new FakeWorker(), new FakeWorker()];
    [a, b].forEach((worker) => emit("fork", worker));
    handle.close();
    await silence();
    assert.deepEqual(listenerCounts(), before);
    assert.equal(MARK in cluster, false);
    emit("message", a, heartbeat("a"));
    await silence();
    assert.deepEqual(b.sent, []);

    const next = setUp();
    assert.notEqual(next, handle);
    const listening = listenerCounts();
    handle.close();
    assert.deepEqual(listenerCounts(), listening);
    assert.equal(setUp(), next);
  });

  it("checks its options", () => {
    assert.throws(() => setupPrimary({ maxBacklogBytes: 0 }), /must be/);
  });

  it("takes a worker that reads nothing out of the cluster, at 16 times its limits", async () => {
    handles.push(setupPrimary({ maxBacklogMessages: 3 }));
    const [a, b] = [new FakeWorker(), new FakeWorker()];
    [a, b].forEach((worker) => emit("fork", worker));
    emit("message", b, heartbeat("b"));
    await silence();
    const warnings = warningsOf(() => {
      for (let i = 0; i < 60; i++) {
        emit("message", a, heartbeat("a"));
      }
    });
    assert.match(
      warnings.join(),
      /^worker undefined \(pid 1\) .*Messages: 3\)/,
    );
    await silence();
    assert.equal(a.sent.pop()?.type, ADAPTER_CLOSE);
  });

  it("warns in a worker, and does nothing there", () => {
    const restore = stub(cluster, "isWorker", true);
    try {
      const warnings = warningsOf(() => setUp().close());
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] as string, /setupPrimary\(\) .* in a worker/);
      assert.deepEqual(listenerCounts(), before);
    } finally {
      restore();
    }
  });
});
