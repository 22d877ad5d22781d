import assert from "node:assert/strict";
import { Emitter } from "../../dist/emitter";
import { type PrimaryHandle, setupPrimary } from "../../dist/setup-primary";

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
});
