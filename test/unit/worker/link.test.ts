import assert from "node:assert/strict";
import { serialize } from "node:v8";
import { MessageType } from "socket.io-adapter";
import { Link, type Node } from "../../../dist/worker/link";
import { FakeChannel } from "../support/fake-channel";
import { freshCopy } from "../support/fresh-copy";
import { ProcessIpc } from "../support/process-ipc";

class FakeNode implements Node {
  readonly heard: unknown[] = [];

  onMessage(message: unknown): void {
    this.heard.push(message);
  }

  onDisconnect(): void {
    this.heard.push("disconnect");
  }

  onExit(): void {
    this.heard.push("exit");
  }
}

function heartbeat(nsp: string) {
  const type = MessageType.HEARTBEAT;
  return { source: "_sio_adapter", uid: "u", nsp, type };
}

describe("the link of a process", () => {
  let channel: FakeChannel;
  let link: Link;

  beforeEach(() => {
    channel = new FakeChannel();
    link = new Link(channel);
  });

  it("opens the channel with the first node, and closes it with the last", () => {
    const [a, b] = [new FakeNode(), new FakeNode()];
    assert.equal(channel.opened, 0);
    link.join("/", a);
    link.join("/", b);
    link.join("/news", a);
    assert.equal(channel.opened, 1);
    link.leave("/", a);
    link.leave("/", b);
    assert.ok(channel.listeners);
    link.leave("/news", a);
    assert.equal(channel.listeners, undefined);
    link.join("/", a);
    assert.equal(channel.opened, 2);
  });

  it("passes a message on to the nodes of its namespace", () => {
    const [a, b, c] = [new FakeNode(), new FakeNode(), new FakeNode()];
    link.join("/", a);
    link.join("/", b);
    link.join("/news", c);
    const message = heartbeat("/");
    channel.receive(message);
    channel.receive(heartbeat("/unknown"));
    assert.deepEqual([a.heard, b.heard, c.heard], [[message], [message], []]);
    assert.equal(a.heard[0], message);
  });

  it("does not pass on what is not of the adapter, or has no known form", () => {
    const node = new FakeNode();
    link.join("/", node);
    const good = heartbeat("/");
    for (const message of [
      null,
      "text",
      { ...good, source: "other" },
      { ...good, uid: 1 },
      { ...good, type: 99 },
      { ...good, type: MessageType.BROADCAST },
    ]) {
      channel.receive(message);
    }
    assert.deepEqual(node.heard, []);
  });

  it("passes nothing on to a node that has left, or joined twice", () => {
    const [a, b] = [new FakeNode(), new FakeNode()];
    link.join("/", a);
    link.join("/", a);
    link.join("/", b);
    channel.receive(heartbeat("/"));
    link.leave("/", a);
    link.leave("/", a);
    link.leave("/unknown", a);
    channel.receive(heartbeat("/"));
    assert.deepEqual([a.heard.length, b.heard.length], [1, 2]);
  });

  it("does not close the channel for a node that never joined", () => {
    link.join("/", new FakeNode());
    link.leave("/", new FakeNode());
    assert.ok(channel.listeners);
  });

  it("tells every node that the channel has closed, even if they leave at once", () => {
    const nodes = ["/", "/", "/news"].map((nsp) => {
      const node = new FakeNode();
      const { onDisconnect } = node;
      node.onDisconnect = () => {
        onDisconnect.call(node);
        link.leave(nsp, node);
      };
      link.join(nsp, node);
      return node;
    });
    channel.listeners?.onDisconnect();
    for (const node of nodes) {
      assert.deepEqual(node.heard, ["disconnect"]);
    }
  });

  it("tells every node that the process is about to end", () => {
    const [a, b] = [new FakeNode(), new FakeNode()];
    link.join("/", a);
    link.join("/news", b);
    channel.listeners?.onExit();
    assert.deepEqual([a.heard, b.heard], [["exit"], ["exit"]]);
  });

  it("sends as long as the channel is connected", () => {
    link.send({ a: 1 });
    channel.connected = false;
    link.send({ a: 2 });
    assert.deepEqual(channel.sent, [{ a: 1 }]);
  });

  it("throws the error of the serializer", () => {
    channel.encode = serialize;
    assert.throws(() => link.send({ a: () => {} }), /could not be cloned/);
  });
});

describe("processLink()", () => {
  type LinkModule = typeof import("../../../dist/worker/link");
  let ipc: ProcessIpc | undefined;

  afterEach(() => ipc?.restore());

  it("returns one link for all adapters of the process", () => {
    ipc = new ProcessIpc();
    const { processLink } = freshCopy<LinkModule>("worker/link");
    assert.equal(processLink(), processLink());
    processLink().send({ a: 1 });
    assert.deepEqual(ipc.sent, [{ a: 1 }]);
  });

  it("throws without a channel, until there is one", () => {
    const { processLink } = freshCopy<LinkModule>("worker/link");
    assert.throws(() => processLink(), { code: "ERR_NO_IPC_CHANNEL" });
    ipc = new ProcessIpc();
    assert.ok(processLink());
  });
});
