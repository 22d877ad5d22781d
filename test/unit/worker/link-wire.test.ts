import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { install } from "@sinonjs/fake-timers";
import { MessageType } from "socket.io-adapter";
import { echoOf, setFirstNumber } from "../../../dist/wire/ordered-section";
import { decodeValue } from "../../../dist/wire/values";
import { Link } from "../../../dist/worker/link";
import { busyClock } from "../support/busy-clock";
import { FakeChannel } from "../support/fake-channel";
import { FakeNode } from "../support/fake-node";
import { isKept } from "../support/garbage-collector";
import type { NaiveMessage, NaiveFrame } from "../support/naive-frames";
import { readAll } from "../support/read-frames";
import { warningsOf } from "../support/warnings";

const OPTS = { rooms: new Set(["r"]) };

describe("the link of a process, where wires are concerned,", () => {
  let channel: FakeChannel;
  let link: Link;
  let node: FakeNode;

  beforeEach(() => {
    channel = new FakeChannel();
    link = new Link(channel, busyClock());
    node = new FakeNode();
    link.join(node);
  });

  function tell(control: unknown, wire: unknown = Buffer.of(1)): void {
    receive(15, control, { wire });
  }

  /** An order begins. */
  function order(epoch: string, number = 0): void {
    receive(15, "ordered", { wire: Buffer.of(1), order: { epoch, number } });
  }

  function receive(type: number, data: unknown, fields: object = {}): void {
    const envelope = { source: "_sio_adapter", uid: "primary", nsp: "" };
    channel.receive({ ...envelope, type, data, ...fields });
  }

  function sendOrdered(text: string, isNumbered = true): void {
    link.sendOrdered(node, OPTS, [text], undefined, isNumbered);
  }

  /** The sections that were sent since the last time, as the primary would number them. */
  async function takeNumbered(first: number): Promise<Buffer[]> {
    for (let turns = 0; channel.sent.length === 0 && turns < 10; turns++) {
      await nextTurn();
    }
    const sections = channel.sent
      .splice(0)
      .flatMap(({ data }) => data as Buffer[]);
    return sections.map((section) => {
      const copy = Buffer.from(section);
      setFirstNumber(copy, first);
      return copy;
    });
  }

  function send(packet: unknown[], fields: object = {}): void {
    const type = MessageType.SERVER_SIDE_EMIT;
    const envelope = { source: "_sio_adapter", uid: "n1", nsp: "/", type };
    link.send(node, { ...envelope, data: { packet }, ...fields });
  }

  function beat(type = MessageType.HEARTBEAT): void {
    link.send(node, { source: "_sio_adapter", uid: "n1", nsp: "/", type });
  }

  /** The types of the messages, with those of the frames in brackets. */
  function sentTypes(): unknown[] {
    return channel.sent.map(({ type, data }) =>
      type === 14 ? frameTypes(data as Buffer[]) : type,
    );
  }

  it("speaks the plain wire until it is told otherwise", async () => {
    assert.equal(link.wire, "plain");
    send(["a"]);
    tell("faster");
    tell(undefined);
    assert.equal(link.wire, "plain");
    tell("fast");
    assert.equal(link.wire, "fast");
    send(["b"]);
    assert.deepEqual(sentTypes(), [9]);
    await nextTurn();
    assert.deepEqual(sentTypes(), [9, [9]]);
  });

  it("says when it is told, and when it has not been for a given time since it has greeted", async () => {
    const clock = install();
    try {
      const late = new Link(new FakeChannel());
      const outcomes: unknown[] = [];
      late.join(new FakeNode());
      void late.whenTold(100).then((isTold) => outcomes.push(isTold));
      void link.whenTold(100).then((isTold) => outcomes.push(isTold));
      await clock.tickAsync(90);
      assert.equal(outcomes.length, 0);
      tell("plain");
      await clock.tickAsync(5);
      assert.deepEqual(outcomes, [true]);
      await clock.tickAsync(10);
      assert.deepEqual(outcomes, [true, false]);
      // nobody waits twice
      void late.whenTold(100).then((isTold) => outcomes.push(isTold));
      void link.whenTold(100).then((isTold) => outcomes.push(isTold));
      await clock.tickAsync(5);
      assert.deepEqual(outcomes.slice(2), [true, false]);
    } finally {
      clock.uninstall();
    }
  });

  it("keeps nobody in memory who has waited in vain for a primary that says nothing", async () => {
    const wait = async () => {
      const waiting = link.whenTold(0);
      assert.equal(await waiting, false);
      return new WeakRef(waiting);
    };
    assert.equal(await isKept(await wait()), false);
  });

  it("goes back when it is told to, and sends what is written before", async () => {
    tell("fast");
    send(["a"]);
    link.sendPacket(node, OPTS, undefined, ["2[]"]);
    tell("plain");
    send(["b"]);
    assert.deepEqual(sentTypes(), [[9, "packet"], 9]);
    await nextTurn();
    assert.equal(channel.sent.length, 2);
  });

  it("keeps the order of frames and of what is about the node itself", async () => {
    tell("fast");
    send(["a"]);
    beat();
    send(["b"]);
    await nextTurn();
    assert.deepEqual(sentTypes(), [[9], 2, [9]]);
  });

  it("sends frames that are binary or base64, as the channel is", async () => {
    const offers: unknown[] = [
      Buffer.of(1),
      JSON.parse(JSON.stringify(Buffer.of(1))),
      null,
    ];
    for (const wire of offers) {
      tell("fast", wire);
      send(["a"]);
      link.leave(node);
      link.join(node);
    }
    const [binary, base64, unsaid] = channel.sent.map(
      ({ data }) => (data as unknown[])[0],
    );
    assert.equal(Buffer.isBuffer(binary), true);
    assert.equal(typeof base64, "string");
    assert.equal(typeof unsaid, "string");
    const [sent] = readAll([Buffer.from(base64 as string, "base64")]);
    assert.deepEqual(sent?.origin, { uid: "n1", nsp: "/" });
  });

  it("names one node in an answer, and what cannot be sent is left out there, too", async () => {
    tell("fast");
    const { SERVER_SIDE_EMIT_RESPONSE: type } = MessageType;
    const data = { requestId: "r", packet: { wired: () => {}, n: 1 } };
    const answer = { type, requesterUid: "b1", data };
    const envelope = { source: "_sio_adapter", uid: "n1", nsp: "/" };
    const warnings = warningsOf(() =>
      link.sendAnswer(node, { ...envelope, ...answer }),
    );
    assert.match(warnings.join(), /: packet\.wired$/);
    await nextTurn();
    const [frame] = readAll(channel.sent[0]?.["data"] as Buffer[]);
    const { target, data: bytes } = frame as NaiveMessage;
    assert.equal(target, "b1");
    const left = { requestId: "r", packet: { n: 1 } };
    assert.deepEqual(decodeValue(bytes as Buffer), left);
  });

  it("throws the error of the serializer, and sends the rest", async () => {
    tell("fast");
    send(["a"]);
    assert.throws(() => send([() => {}]), /could not be cloned/);
    send(["b"]);
    await nextTurn();
    assert.deepEqual(sentTypes(), [[9, 9]]);
  });

  it("refuses what is too deep to be read on both wires", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 1_500; i++) {
      deep = [deep];
    }
    for (const wire of ["plain", "fast"]) {
      tell(wire);
      assert.throws(() => send([deep]), RangeError, wire);
    }
  });

  it("sends everything before the channel is closed, by whomever", () => {
    tell("fast");
    send(["a"]);
    channel.listeners?.beforeDisconnect();
    assert.deepEqual(sentTypes(), [[9]]);
    send(["b"]);
    node.onExit = () => beat(MessageType.ADAPTER_CLOSE);
    channel.listeners?.onExit();
    assert.deepEqual(sentTypes(), [[9], [9], 13]);
    send(["c"]);
    assert.deepEqual(sentTypes().pop(), [9]);
  });

  it("sends everything as the last node leaves, and begins anew with the next", () => {
    const other = new FakeNode("/other", "n2");
    link.join(other);
    tell("fast");
    send(["a"]);
    link.leave(other);
    assert.equal(link.wire, "fast");
    assert.deepEqual(sentTypes(), []);
    link.leave(node);
    assert.deepEqual(sentTypes(), [[9]]);
    assert.equal(link.wire, "plain");
  });

  it("sends no frames when the channel is closed", async () => {
    tell("fast");
    send(["a"]);
    channel.connected = false;
    link.sendPacket(node, OPTS, undefined, ["2[]"]);
    await nextTurn();
    assert.deepEqual(channel.sent, []);
  });

  it("passes on what it has sent itself when the numbers have come, and nothing else of it", async () => {
    order("epoch-");
    sendOrdered("2[1]");
    sendOrdered("2[2]", false);
    sendOrdered("2[3]");
    const [section] = (await takeNumbered(7)) as [Buffer];
    node.heard.length = 0;
    receive(14, [echoOf(section)]);
    assert.deepEqual(node.heard, [
      ["n1", "2[1]"],
      ["n1", "2[3]"],
    ]);
    assert.deepEqual(link.position, { epoch: "epoch-", number: 8 });
    receive(14, [echoOf(section)]);
    assert.equal(node.heard.length, 2);
  });

  it("has what it needs for the numbers of what has left at once", () => {
    let now = 0;
    link = new Link(channel, () => (now += 2));
    link.join(node);
    order("epoch-");
    const frame = link.sendPacket(node, OPTS, undefined, ["2[0]"]);
    sendOrdered("2[1]");
    assert.equal(frame?.toString("latin1"), "\x81\x054\x32[0]");
    assert.deepEqual(sentTypes(), [["packet"], ["packet"]]);
    const [section] = (channel.sent[1]?.["data"] ?? []) as [Buffer];
    setFirstNumber(section, 1);
    node.heard.length = 0;
    receive(14, [echoOf(section)]);
    assert.deepEqual(node.heard, [["n1", "2[1]"]]);
  });

  it("waits for no numbers of an order that has ended", async () => {
    order("epoch-");
    sendOrdered("2[1]");
    const [sent] = (await takeNumbered(1)) as [Buffer];
    sendOrdered("2[2]");
    tell("fast");
    order("epoch+");
    const [written] = (await takeNumbered(1)) as [Buffer];
    node.heard.length = 0;
    receive(14, [echoOf(sent), echoOf(written)]);
    assert.deepEqual(node.heard, []);
    sendOrdered("2[3]");
    const [fresh] = (await takeNumbered(3)) as [Buffer];
    receive(14, [echoOf(fresh)]);
    assert.deepEqual(node.heard, [["n1", "2[3]"]]);
  });

  it("has patience from the first node on, however old the process is", async () => {
    const fresh = new Link(new FakeChannel());
    let isSettled = false;
    void fresh.whenTold(performance.now() / 2).then(() => (isSettled = true));
    for (let i = 0; i < 5; i++) {
      await nextTurn();
    }
    assert.equal(isSettled, false);
  });

  it("asks the primary anew which wire is used when there is a node again", async () => {
    tell("fast");
    link.leave(node);
    link.join(node);
    assert.equal(await link.whenTold(0), false);
    tell("plain");
    assert.equal(await link.whenTold(0), true);
  });

  it("asks every node to greet", () => {
    const other = new FakeNode("/other", "n2");
    link.join(other);
    tell("greet");
    assert.deepEqual([node.heard, other.heard], [["greet"], ["greet"]]);
    assert.equal(link.wire, "plain");
  });

  it("tells every node who is there, if the primary does", () => {
    const other = new FakeNode("/other", "n2");
    link.join(other);
    receive(15, "greet", { nodes: ["n3", "n4"] });
    const told = [["nodes", "n3", "n4", "n1", "n2"], "greet"];
    assert.deepEqual([node.heard, other.heard], [told, told]);
  });
});

function frameTypes(sections: Buffer[]): unknown[] {
  const bytes = sections.map((section) => Buffer.from(section));
  return readAll(bytes).map((frame: NaiveFrame) =>
    "type" in frame ? frame.type : "packet",
  );
}
