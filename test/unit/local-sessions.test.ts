import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LocalSessions } from "../../dist/local-sessions";
import type { ConnectedSocket } from "../../dist/socket-io";
import {
  SessionOp,
  type SessionMessage,
} from "../../dist/wire/session-messages";
import { isKept } from "./support/garbage-collector";
import { RecordingAdapter } from "./support/recording-adapter";
import { warningsOf } from "./support/warnings";

describe("the sockets of a node whose clients may return", () => {
  let adapter: RecordingAdapter;
  let sessions: LocalSessions;
  let sent: SessionMessage[];

  beforeEach(() => {
    adapter = RecordingAdapter.create();
    sent = [];
    sessions = new LocalSessions({
      adapter,
      send: (message) => sent.push(message),
      at: () => 0,
      onDisconnect: () => {},
    });
  });
  afterEach(() => adapter.close());

  function connect(data: unknown): ConnectedSocket & { data: unknown } {
    const socket = { id: "s", pid: "p", data, connected: true } as const;
    adapter.nsp.sockets.set("s", socket);
    void adapter.addAll("s", new Set(["s"]));
    return socket as unknown as ConnectedSocket & { data: unknown };
  }

  it("are all closed, whatever a listener for the end of one of them throws", async () => {
    const closed: string[] = [];
    for (const id of ["s1", "s2"]) {
      const close = () => {
        closed.push(id);
        throw new Error("of the application");
      };
      const socket = {
        id,
        pid: id,
        data: {},
        connected: true,
        conn: { close },
      };
      adapter.nsp.sockets.set(id, socket);
      void adapter.addAll(id, new Set([id]));
      sessions.onJoin(id, [id]);
    }
    const thrown: unknown[] = [];
    process.setUncaughtExceptionCaptureCallback((error) => thrown.push(error));
    try {
      sessions.closeAll();
      assert.deepEqual(closed, ["s1", "s2"]);
      await nextTurn();
      assert.equal(thrown.length, 2);
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
    }
  });

  /** What the primary has been told of the data since the last time. */
  function told(): Array<[SessionOp, string | undefined]> {
    return sent.splice(0).map(({ op, data }) => [op, data?.toString()]);
  }

  it("are reported when they connect, when their data has changed, and when it is lost", () => {
    const socket = connect({ a: 1 });
    sessions.onJoin("s", ["s"]);
    assert.deepEqual(told(), [[SessionOp.OPEN, '{"a":1}']]);
    sessions.report();
    assert.deepEqual(told(), []);
    socket.data = { a: 2 };
    sessions.report();
    assert.deepEqual(told(), [[SessionOp.DATA, '{"a":2}']]);
    sessions.onLost("s", socket.data);
    assert.deepEqual(told(), [[SessionOp.DETACH, undefined]]);
  });

  it("are reported when they have no data any more", () => {
    const socket = connect({ a: 1 });
    sessions.onJoin("s", ["s"]);
    socket.data = {};
    sessions.report();
    assert.deepEqual(told()[1], [SessionOp.DATA, "{}"]);
    sessions.onLost("s", {});
    assert.deepEqual(told(), [[SessionOp.DETACH, undefined]]);
  });

  it("are reported though their data cannot be read", () => {
    const { proxy, revoke } = Proxy.revocable({ a: 1 }, {});
    const socket = connect(proxy);
    revoke();
    const warnings = warningsOf(() => sessions.onJoin("s", ["s"]));
    assert.equal(warnings.length, 1);
    assert.equal(told()[0]?.[0], SessionOp.OPEN);
    socket.data = { a: 2 };
    sessions.report();
    assert.deepEqual(told(), [[SessionOp.DATA, '{"a":2}']]);
  });

  it("keep nothing of what their data came with when they have returned", async () => {
    const socket = connect({});
    const restore = () => {
      const read = Buffer.allocUnsafeSlow(100_000);
      sessions.onReturn(socket, { pid: "p", term: 2 }, read.subarray(9, 9));
      return new WeakRef(read.buffer);
    };
    assert.equal(await isKept(restore()), false);
    sessions.onGone("s");
    assert.deepEqual(told(), [[SessionOp.END, undefined]]);
  });
});
