import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { Announcer, type WireEvent } from "../../../dist/primary/events";

const EVENT: WireEvent = { wire: "fast", previous: "plain" };

describe("the announcer", () => {
  const turn = () => Promise.resolve();

  it("tells listeners and subscribers, once the running step is done", async () => {
    const heard: unknown[] = [];
    const announcer = new Announcer();
    const subject = channel("socket.io-cluster-adapter:wire");
    const subscriber = (event: unknown) => heard.push(["channel", event]);
    announcer.emitter.on("wire", (event) => heard.push(["listener", event]));
    subject.subscribe(subscriber);
    try {
      announcer.announce("wire", EVENT);
      assert.deepEqual(heard, []);
      await turn();
    } finally {
      subject.unsubscribe(subscriber);
    }
    assert.deepEqual(heard, [
      ["channel", EVENT],
      ["listener", EVENT],
    ]);
  });

  it("tells those who subscribe to a channel where nobody listens to the handle", async () => {
    const heard: unknown[] = [];
    const subject = channel("socket.io-cluster-adapter:overflow");
    const subscriber = (event: unknown) => heard.push(event);
    const worker = { id: 1, pid: 2 };
    subject.subscribe(subscriber);
    try {
      new Announcer().announce("overflow", { worker, messages: 1, bytes: 2 });
      await turn();
    } finally {
      subject.unsubscribe(subscriber);
    }
    assert.deepEqual(heard, [{ worker, messages: 1, bytes: 2 }]);
  });

  it("says nothing to those who come later", async () => {
    const heard: unknown[] = [];
    const announcer = new Announcer();
    announcer.announce("wire", EVENT);
    announcer.emitter.on("wire", (event) => heard.push(event));
    await turn();
    assert.deepEqual(heard, []);
  });
});
