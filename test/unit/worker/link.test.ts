import assert from "node:assert/strict";
import { serialize } from "node:v8";
import { MessageType } from "socket.io-adapter";
import { Link } from "../../../dist/worker/link";
import { busyClock } from "../support/busy-clock";
import { FakeChannel } from "../support/fake-channel";
import { FakeNode } from "../support/fake-node";
import { freshCopy } from "../support/fresh-copy";
import { ProcessIpc } from "../support/process-ipc";

function heartbeat(nsp: string) {
  const type = MessageType.HEARTBEAT;
  return { source: "_sio_adapter", uid: "u", nsp, type };
}

function message(data: object) {
  return { ...heartbeat("/"), type: MessageType.SERVER_SIDE_EMIT, data };
}

describe("the link of a process", () => {
  const node = new FakeNode();
  let channel: FakeChannel;
  let link: Link;

  beforeEach(() => {
    channel = new FakeChannel();
    link = new Link(channel, busyClock());
  });

  it("opens the channel with the first node, and closes it with the last", () => {
    const [a, b] = [new FakeNode("/", "a"), new FakeNode("/", "b")];
    const c = new FakeNode("/news", "c");
    assert.equal(channel.opened, 0);
    link.join(a);
    link.join(b);
    link.join(c);
    assert.equal(channel.opened, 1);
    link.leave(a);
    link.leave(b);
    assert.ok(channel.listeners);
    link.leave(c);
    assert.equal(channel.listeners, undefined);
    link.join(a);
    assert.equal(channel.opened, 2);
  });

  it("passes a message on to the nodes of its namespace", () => {
    const [a, b, c] = ["/", "/", "/news"].map(
      (nsp, i) => new FakeNode(nsp, `n${i}`),
    ) as [FakeNode, FakeNode, FakeNode];
    link.join(a);
    link.join(b);
    link.join(c);
    const message = heartbeat("/");
    channel.receive(message);
    channel.receive(heartbeat("/unknown"));
    assert.deepEqual([a.heard, b.heard, c.heard], [[message], [message], []]);
    assert.equal(a.heard[0], message);
  });

  it("passes a message on to all nodes, whatever a listener of one of them throws", async () => {
    const [bad, good] = [new FakeNode("/", "n1"), new FakeNode("/", "n2")];
    bad.onMessage = () => {
      throw new Error("of the application");
    };
    link.join(bad);
    link.join(good);
    const thrown = new Promise((resolve) =>
      process.setUncaughtExceptionCaptureCallback(resolve),
    );
    try {
      channel.receive(heartbeat("/"));
      assert.equal(good.heard.length, 1);
      assert.match(String(await thrown), /of the application/);
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
    }
  });

  it("does not pass on what is not of the adapter, or has no known form", () => {
    link.join(node);
    const good = heartbeat("/");
    for (const message of [
      null,
      "text",
      { ...good, source: "other" },
      { ...good, uid: 1 },
      { ...good, type: MessageType.BROADCAST },
    ]) {
      channel.receive(message);
    }
    assert.deepEqual(node.heard, []);
    // a subclass may have types of its own
    channel.receive({ ...good, type: 99 });
    assert.equal(node.heard.length, 1);
  });

  it("passes nothing on to a node that has left, or joined twice", () => {
    const [a, b] = [new FakeNode("/", "a"), new FakeNode("/", "b")];
    link.join(a);
    link.join(a);
    link.join(b);
    channel.receive(heartbeat("/"));
    link.leave(a);
    link.leave(a);
    link.leave(new FakeNode("/unknown"));
    channel.receive(heartbeat("/"));
    assert.deepEqual([a.heard.length, b.heard.length], [1, 2]);
  });

  it("does not close the channel for a node that never joined", () => {
    link.join(new FakeNode());
    link.leave(new FakeNode());
    assert.ok(channel.listeners);
  });

  it("tells every node that the channel has closed, even if they leave at once", () => {
    const nodes = ["/", "/", "/news"].map((nsp, i) => {
      const node = new FakeNode(nsp, `n${i}`);
      const { onDisconnect } = node;
      node.onDisconnect = () => {
        onDisconnect.call(node);
        link.leave(node);
      };
      link.join(node);
      return node;
    });
    channel.listeners?.onDisconnect();
    for (const node of nodes) {
      assert.deepEqual(node.heard, ["disconnect"]);
    }
  });

  it("tells every node that the process is about to end", () => {
    const [a, b] = [new FakeNode(), new FakeNode("/news", "n2")];
    link.join(a);
    link.join(b);
    channel.listeners?.onExit();
    assert.deepEqual([a.heard, b.heard], [["exit"], ["exit"]]);
  });

  it("sends a message as it is, as long as the channel is connected", () => {
    const sent = message({ packet: ["a"] });
    link.send(node, sent);
    channel.connected = false;
    link.send(node, message({ packet: ["b"] }));
    assert.equal(channel.sent.length, 1);
    assert.equal(channel.sent[0], sent);
  });

  it("throws the error of the serializer", () => {
    channel.encode = serialize;
    const refused = message({ packet: [() => {}] });
    assert.throws(() => link.send(node, refused), /could not be cloned/);
  });

  it("says in each heartbeat and each goodbye what it can speak", () => {
    const { INITIAL_HEARTBEAT, HEARTBEAT, ADAPTER_CLOSE } = MessageType;
    for (const type of [INITIAL_HEARTBEAT, HEARTBEAT, ADAPTER_CLOSE]) {
      link.send(node, { ...heartbeat("/"), type });
      assert.deepEqual(channel.sent.pop(), {
        ...heartbeat("/"),
        type,
        wire: Buffer.of(1),
      });
    }
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
    const sent = message({ packet: ["a"] });
    processLink().send(new FakeNode(), sent);
    assert.deepEqual(ipc.sent, [sent]);
  });

  it("throws without a channel, until there is one", () => {
    const { processLink } = freshCopy<LinkModule>("worker/link");
    assert.throws(() => processLink(), { code: "ERR_NO_IPC_CHANNEL" });
    ipc = new ProcessIpc();
    assert.ok(processLink());
  });
});
