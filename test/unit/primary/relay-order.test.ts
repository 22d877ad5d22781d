import assert from "node:assert/strict";
import { format } from "node:util";
import createDebug from "debug";
import { MessageType } from "socket.io-adapter";
import { readFrames } from "../../../dist/wire/frame-reader";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import {
  encodeSession,
  SessionOp,
  type SessionMessage,
} from "../../../dist/wire/session-messages";
import {
  frames,
  message,
  offer,
  offerRecovery,
  RelayScene,
  type Sent,
} from "../support/relay-scene";
import { stub } from "../support/stub";
import { warningsOf } from "../support/warnings";

const SETTINGS = { maxDisconnectionDuration: 1_000, noticeAfter: 1_000 };

interface Read {
  to: number;
  uid: string;
  number: number;
  args: unknown;
}

/** What workers get of numbered packets whose arguments are there as values. */
function read({ to, message }: Sent): Read {
  const found: Read = { to, uid: "", number: 0, args: undefined };
  readFrames(message as Buffer, {
    onOrigin: (uid) => (found.uid = uid),
    onPacket: (packet) => {
      found.number = packet.number;
      found.args = packet.readArguments();
    },
    onMessage: () => {},
    onSession: () => {},
  });
  return found;
}

describe("the relay, where workers share an order,", () => {
  let scene: RelayScene;

  beforeEach(() => setUp(new RelayScene()));

  async function setUp(of: RelayScene): Promise<void> {
    scene = of;
    for (const [index, uid] of ["a", "b", "c"].entries()) {
      scene.relay.onFork(index + 1);
      scene.relay.onMessage(index + 1, {
        ...offer(uid),
        recovery: SETTINGS,
      });
    }
    assert.equal(scene.relay.stats().wire, "ordered");
    await scene.takeAll();
  }

  function broadcast(packet: object, more: object = {}): object {
    const opts = { rooms: ["r"], except: [], flags: {} };
    return {
      source: "_sio_adapter",
      uid: "a",
      nsp: "/",
      type: MessageType.BROADCAST,
      data: { packet, opts, ...more },
    };
  }

  /** A node says something of its sessions. */
  function tell(worker: number, uid: string, message: SessionMessage): void {
    const writer = new FrameWriter();
    writer.writeSession({ uid, nsp: "/" }, "primary", encodeSession(message));
    scene.relay.onMessage(worker, frames(...writer.take()));
  }

  function loggedPackets(): number {
    return scene.relay.stats().recovery.log.packets;
  }

  it("an event of a worker that does not know of it yet takes its place there", async () => {
    scene.relay.onMessage(1, broadcast({ type: 2, data: ["e", 1] }));
    scene.relay.onMessage(1, broadcast({ type: 2, data: ["e", 2] }));
    assert.deepEqual((await scene.take()).map(read), [
      { to: 2, uid: "a", number: 1, args: ["e", 1] },
      { to: 3, uid: "a", number: 1, args: ["e", 1] },
      { to: 2, uid: "a", number: 2, args: ["e", 2] },
      { to: 3, uid: "a", number: 2, args: ["e", 2] },
    ]);
    assert.equal(loggedPackets(), 2);
  });

  for (const [title, message] of [
    ["a volatile event", { opts: { rooms: [], flags: { volatile: true } } }],
    ["an event that is to be acknowledged", { requestId: "r" }],
    ["a packet that is no event", { packet: { type: 4, data: ["e"] } }],
    [
      "an event for one socket's answer",
      { packet: { type: 2, id: 1, data: ["e"] } },
    ],
  ] as const) {
    it(`${title} is passed on as it is, and has no place`, async () => {
      const sent = broadcast({ type: 2, data: ["e"] }, message);
      scene.relay.onMessage(1, sent);
      assert.deepEqual(await scene.take(), [
        { to: 2, message: sent },
        { to: 3, message: sent },
      ]);
      assert.equal(loggedPackets(), 0);
    });
  }

  it("an event that cannot be written again is passed on as it is, and is known to be missing", async () => {
    const sent = broadcast({ type: 2, data: ["e", 1n] });
    scene.relay.onMessage(1, sent);
    assert.deepEqual(await scene.take(), [
      { to: 2, message: sent },
      { to: 3, message: sent },
    ]);
    scene.relay.onMessage(1, broadcast({ type: 2, data: ["e"] }));
    assert.deepEqual(
      (await scene.take()).map(read).map(({ number }) => number),
      [2, 2],
    );
    assert.equal(loggedPackets(), 1);
  });

  it("the log does not quote what such an event holds", () => {
    const args: Record<string, unknown> = {};
    args.secret = args;
    const lines: string[] = [];
    const restore = stub(createDebug, "log", (...line: unknown[]) =>
      lines.push(format(...line)),
    );
    createDebug.enable("socket.io-cluster-adapter:primary");
    try {
      scene.relay.onMessage(1, broadcast({ type: 2, data: ["e", args] }));
    } finally {
      createDebug.disable();
      restore();
    }
    assert.match(
      lines.join("\n"),
      /no place in the order: ClusterAdapterError/,
    );
    assert.doesNotMatch(lines.join("\n"), /secret/);
  });

  /** What the primary tells workers of the order. */
  async function epochOf(): Promise<string> {
    scene.relay.onMessage(1, offerRecovery("a"));
    const [order] = (await scene.takeAll()).flatMap(({ message }) =>
      "order" in message ? [message.order as { epoch: string }] : [],
    );
    return order!.epoch;
  }

  /** A worker says that it has delivered the first event. */
  function progress(worker: number, uid: string, epoch: string): void {
    tell(worker, uid, { op: SessionOp.PROGRESS, epoch, number: 1 });
  }

  function passRetention(): void {
    scene.now += 10;
    scene.relay.tick();
    scene.now += 2_001;
    scene.relay.tick();
  }

  it("removes what all have delivered long ago, whatever a worker without a node has said", async () => {
    scene.relay.onMessage(3, {
      ...offer("c", MessageType.ADAPTER_CLOSE),
      recovery: SETTINGS,
    });
    scene.relay.speaker.broadcast("/", ["e"], { rooms: new Set() });
    assert.equal(loggedPackets(), 1);
    const epoch = await epochOf();
    progress(1, "a", epoch);
    progress(2, "b", epoch);
    passRetention();
    assert.equal(loggedPackets(), 0);
  });

  it("keeps nothing when the order ends", () => {
    scene.relay.speaker.broadcast("/", ["e"], { rooms: new Set() });
    tell(1, "a", {
      op: SessionOp.OPEN,
      pid: "pid",
      sid: "sid",
      rooms: [],
      at: 1,
      data: Buffer.from("{}"),
    });
    const { log, sessions } = scene.relay.stats().recovery;
    assert.deepEqual([log.packets, sessions.open], [1, 1]);
    // one on which recovery is off
    warningsOf(() => scene.relay.onMessage(3, offer("d")));
    assert.equal(scene.relay.stats().wire, "fast");
    const { recovery } = scene.relay.stats();
    assert.deepEqual(
      [recovery.log.packets, recovery.log.bytes, recovery.sessions.open],
      [0, 0, 0],
    );
  });

  it("takes a worker that greets again for where it has said to be", async () => {
    scene.relay.speaker.broadcast("/", ["e"], { rooms: new Set() });
    // as a new namespace does; what was sent before may wait for it all the same
    scene.relay.onMessage(3, offerRecovery("c2"));
    const epoch = await epochOf();
    progress(1, "a", epoch);
    progress(2, "b", epoch);
    passRetention();
    assert.equal(loggedPackets(), 1);
    progress(3, "c", epoch);
    passRetention();
    assert.equal(loggedPackets(), 0);
  });

  it("keeps what a worker has not delivered, whatever it had delivered in the last order", async () => {
    scene.relay.speaker.broadcast("/", ["e"], { rooms: new Set() });
    const epoch = await epochOf();
    progress(1, "a", epoch);
    progress(2, "b", epoch);
    progress(3, "c", "epoch0");
    passRetention();
    assert.equal(loggedPackets(), 1);
    progress(3, "c", epoch);
    passRetention();
    assert.equal(loggedPackets(), 0);
  });

  /** The first worker is taken out of the cluster as it does not read. */
  async function overflow(): Promise<void> {
    await setUp(new RelayScene(1e6, 5));
    scene.stopped.add(1);
    for (let i = 0; i < 100; i++) {
      warningsOf(() => beat(2, "b"));
      await scene.takeAll();
    }
    assert.equal(scene.relay.isMember(1), false);
  }

  function beat(worker: number, uid: string): void {
    scene.relay.onMessage(worker, {
      ...offer(uid, MessageType.HEARTBEAT),
      recovery: SETTINGS,
    });
  }

  for (const [who, when, resume] of [
    ["a", "while it does not read", () => {}],
    ["a", "before it greets", () => scene.resume()],
    ["new", "before it greets", () => scene.resume()],
  ] as const) {
    it(`goes on when a worker that was taken out sends what it had to say before, ${when}: node ${who}`, async () => {
      await overflow();
      resume();
      const answer = MessageType.FETCH_SOCKETS_RESPONSE;
      const data = { requestId: "r", sockets: [] };
      scene.relay.onMessage(1, { ...message(who, answer, "b"), data });
      beat(2, "b");
      assert.equal(scene.relay.stats().wire, "ordered");
      assert.equal(scene.relay.isMember(1), false);
    });
  }

  it("asks a worker that reads again to greet before it has its clients return, so that they get an answer", async () => {
    await overflow();
    scene.resume();
    assert.deepEqual(await scene.controls(), [
      [1, "greet"],
      [1, "reset"],
    ]);
  });
});
