import assert from "node:assert/strict";
import { processChannel } from "../../../dist/worker/channel";
import { ProcessIpc } from "../support/process-ipc";
import { stub } from "../support/stub";

function listenerCounts(): number[] {
  return ["message", "disconnect", "exit"].map((event) =>
    process.listenerCount(event),
  );
}

/** Listeners that write down what they hear. */
function listening() {
  const heard: unknown[] = [];
  const listeners = {
    onMessage: (message: unknown) => void heard.push(message),
    onDisconnect: () => void heard.push("disconnect"),
    beforeDisconnect: () => void heard.push("before disconnect"),
    onExit: () => void heard.push("exit"),
  };
  return { heard, listeners };
}

describe("the channel of a process", () => {
  let ipc: ProcessIpc;
  let before: number[];

  beforeEach(() => {
    ipc = new ProcessIpc();
    before = listenerCounts();
  });

  afterEach(() => {
    ipc.restore();
    assert.deepEqual(listenerCounts(), before);
  });

  it("cannot be had where there is none", () => {
    const restore = stub(process, "send", undefined);
    assert.throws(() => processChannel(), {
      name: "ClusterAdapterError",
      code: "ERR_NO_IPC_CHANNEL",
    });
    restore();
  });

  it("is connected as long as the process is", () => {
    const channel = processChannel();
    assert.equal(channel.connected, true);
    ipc.disconnect();
    assert.equal(channel.connected, false);
  });

  it("sends with the function that the process has at that time", () => {
    const channel = processChannel();
    const message = { a: 1 };
    channel.send(message);
    assert.equal(ipc.sent[0], message);
    const others: unknown[] = [];
    const restore = stub(process, "send", (sent: unknown) => others.push(sent));
    channel.send(message);
    restore();
    assert.equal(ipc.calls.length, 1);
    assert.deepEqual(others, [message]);
  });

  it("swallows the error of a channel that breaks", () => {
    processChannel().send({});
    const [, handle, options, callback] = ipc.calls[0] as unknown[];
    assert.equal(handle, undefined);
    assert.deepEqual(options, {});
    assert.equal(typeof callback, "function");
    (callback as (error: Error) => void)(new Error("EPIPE"));
  });

  it("throws the error of the serializer", () => {
    ipc.restore();
    const error = new Error("could not be cloned");
    ipc = new ProcessIpc(() => {
      throw error;
    });
    assert.throws(() => processChannel().send({}), error);
  });

  it("calls the listeners from open() to close()", () => {
    const channel = processChannel();
    const { heard, listeners } = listening();
    ipc.receive("too early");
    channel.open(listeners);
    assert.deepEqual(
      listenerCounts(),
      before.map((count) => count + 1),
    );
    ipc.receive({ a: 1 });
    ipc.disconnect();
    assert.equal(process.listeners("exit").at(-1), listeners.onExit);
    channel.close();
    ipc.receive("too late");
    ipc.disconnect();
    assert.deepEqual(heard, [{ a: 1 }, "disconnect"]);
    assert.deepEqual(listenerCounts(), before);
  });

  it("tells of the end of a channel that the process closes itself, before it is closed", () => {
    const closed: unknown[] = [];
    const restore = stub(process, "disconnect", function (this: unknown) {
      closed.push(this);
      heard.push("closed");
    });
    const original = process.disconnect;
    const channel = processChannel();
    const { heard, listeners } = listening();
    channel.open(listeners);
    process.disconnect();
    assert.deepEqual(heard, ["before disconnect", "closed"]);
    assert.deepEqual(closed, [process]);
    channel.close();
    assert.equal(process.disconnect, original);
    process.disconnect();
    assert.equal(heard.length, 3);
    restore();
  });

  it("leaves the function of another alone that closes the channel", () => {
    const restore = stub(process, "disconnect", () => {});
    const channel = processChannel();
    channel.open(listening().listeners);
    const other = () => {};
    process.disconnect = other;
    channel.close();
    assert.equal(process.disconnect, other);
    restore();
  });

  it("can be closed at any time, and opened again", () => {
    const channel = processChannel();
    channel.close();
    const { heard, listeners } = listening();
    channel.open(listeners);
    channel.close();
    channel.close();
    channel.open(listeners);
    ipc.receive("again");
    channel.close();
    assert.deepEqual(heard, ["again"]);
  });
});
