import assert from "node:assert/strict";
import cluster from "node:cluster";
import { Emitter } from "../../dist/emitter";
import { type PrimaryHandle, setupPrimary } from "../../dist/setup-primary";
import { waitFor } from "../support/wait";
import { freshCopy } from "./support/fresh-copy";

describe("an emitter", () => {
  let handle: PrimaryHandle;
  let emitter: Emitter;

  beforeEach(() => {
    handle = setupPrimary();
    emitter = new Emitter();
  });
  afterEach(() => handle.close());

  it("refuses the events that Socket.IO reserves on a socket", () => {
    for (const event of ["connect", "connect_error", "disconnect"]) {
      assert.throws(() => emitter.emit(event), { code: "ERR_INVALID_OPTION" });
    }
    emitter.emit("connection");
    emitter.emit("new_namespace");
  });

  it("refuses the events that Socket.IO reserves on a server", () => {
    for (const event of ["connect", "connection", "new_namespace"]) {
      assert.throws(() => emitter.serverSideEmit(event), {
        code: "ERR_INVALID_OPTION",
      });
    }
    emitter.serverSideEmit("disconnect");
    emitter.serverSideEmit("newListener");
  });

  it("rejects where its method returns a promise", async () => {
    const refused = { code: "ERR_INVALID_OPTION" };
    const promises = [
      emitter.emitWithAck("connect"),
      emitter.to("red").emitWithAck("connect"),
      emitter.serverSideEmitWithAck("connect"),
    ];
    for (const promise of promises) {
      await assert.rejects(promise, refused);
    }
  });

  it("speaks through the relay of the moment: none, or a new one", async () => {
    const red = emitter.to("red");
    handle.close();
    const refused = { code: "ERR_NO_RELAY", message: /call setupPrimary/ };
    assert.throws(() => emitter.emit("a"), refused);
    assert.throws(() => red.emit("a"), refused);
    assert.throws(() => emitter.serverSideEmit("a"), refused);
    await assert.rejects(red.fetchSockets(), refused);
    handle = setupPrimary();
    emitter.emit("a");
    assert.deepEqual(await red.fetchSockets(), []);
  });

  it("sends what its arguments were at the time of the call", async () => {
    const sent: Array<{ data: { packet: unknown } }> = [];
    const worker = {
      process: { pid: 1 },
      isConnected: () => true,
      send(message: { data: { packet: unknown } }, callback: () => void) {
        sent.push(message);
        queueMicrotask(callback);
      },
    };
    const heartbeat = { source: "_sio_adapter", uid: "a", nsp: "/", type: 2 };
    cluster.emit("message", worker as never, heartbeat, undefined);
    const value = { n: 1, bytes: Buffer.of(1) };
    emitter.serverSideEmit("a", value);
    emitter.emit("a", value);
    value.n++;
    value.bytes.fill(2);
    await waitFor(() => sent.length === 2);
    const then = ["a", { n: 1, bytes: Buffer.of(1) }];
    assert.deepEqual(
      sent.map(({ data }) => data.packet),
      [then, { type: 2, data: then, nsp: "/" }],
    );
  });

  it("waits for nobody once the relay is closed", async () => {
    const worker = {
      process: { pid: 1 },
      isConnected: () => true,
      send: (_: object, callback: () => void) => process.nextTick(callback),
    };
    const heartbeat = { source: "_sio_adapter", uid: "a", nsp: "/", type: 2 };
    cluster.emit("message", worker as never, heartbeat, undefined);
    const sockets = emitter.fetchSockets();
    handle.close();
    await assert.rejects(sockets, { code: "ERR_NO_RELAY", message: /closed/ });
  });

  it("tells that another copy of the package relays", () => {
    const copy =
      freshCopy<typeof import("../../dist/setup-primary")>("setup-primary");
    handle.close();
    handle = copy.setupPrimary();
    assert.equal(setupPrimary(), handle);
    assert.throws(() => new Emitter(), {
      code: "ERR_NO_RELAY",
      message: /another copy/,
    });
  });
});
