import assert from "node:assert/strict";
import { ReturningClients } from "../../dist/returning-clients";
import type { ConnectedSocket } from "../../dist/socket-io";
import { readFrames, type PacketFrame } from "../../dist/wire/frame-reader";
import { FrameWriter } from "../../dist/wire/frame-writer";
import { setFirstNumber } from "../../dist/wire/ordered-section";
import {
  SessionOp,
  type SessionMessage,
} from "../../dist/wire/session-messages";
import { RecordingAdapter } from "./support/recording-adapter";

const PID = "p".repeat(20);
const OFFSET = "epoch1.------05";

describe("clients that have returned", () => {
  let adapter: RecordingAdapter;
  let clients: ReturningClients;
  let sent: SessionMessage[];
  let delivered: Array<[id: string, frame: PacketFrame]>;

  beforeEach(() => {
    adapter = RecordingAdapter.create();
    sent = [];
    delivered = [];
    clients = new ReturningClients({
      adapter,
      send: (message) => sent.push(message),
      deliverTo: (id, frame) => delivered.push([id, frame]),
      onReturn: () => {},
    });
  });
  afterEach(() => adapter.close());

  function restored(data: Buffer, dataSize: number, id = 0, sid = "s") {
    return {
      op: SessionOp.RESTORED as const,
      id,
      term: 2,
      sid,
      rooms: ["s", "r"],
      dataSize,
      data,
    };
  }

  it("ask the primary, and are in their rooms when it has answered", async () => {
    const session = clients.restore(PID, OFFSET);
    assert.deepEqual(sent, [
      { op: SessionOp.RESTORE, id: 0, pid: PID, offset: OFFSET },
    ]);
    clients.onRestored(restored(Buffer.from('{"a":1}'), 7));
    assert.deepEqual(adapter.sids.get("s"), new Set(["s", "r"]));
    assert.deepEqual(await session, {
      sid: "s",
      pid: PID,
      rooms: ["s", "r"],
      data: { a: 1 },
      missedPackets: [],
    });
  });

  for (const [what, message] of [
    ["data", restored(Buffer.from("{"), 1)],
    ["missed packets", restored(Buffer.from("{}x"), 2)],
  ] as const) {
    it(`are not recovered when their ${what} cannot be read`, async () => {
      const session = clients.restore(PID, OFFSET);
      assert.throws(() => clients.onRestored(message), /^ClusterAdapterError/);
      assert.equal(await session, null);
      assert.deepEqual(sent.slice(1), [
        { op: SessionOp.END, pid: PID, term: 2 },
      ]);
      assert.equal(clients.get("s"), undefined);
      assert.equal(adapter.sids.size, 0);
    });
  }

  it("are not recovered while a connection that they have given up waits for a middleware", async () => {
    void clients.restore(PID, OFFSET);
    clients.onRestored(restored(Buffer.alloc(0), 0));
    clients.close({ pid: PID, term: 2 });
    const session = clients.restore(PID, OFFSET);
    sent.length = 0;
    clients.onRestored({ ...restored(Buffer.alloc(0), 0), id: 1, term: 3 });
    assert.equal(await session, null);
    assert.deepEqual(sent, [{ op: SessionOp.END, pid: PID, term: 3 }]);
    assert.equal(clients.get("s")?.term, 2);
  });

  for (const [how, end] of [
    ["are gone", () => clients.onGone("s")],
    ["return elsewhere", () => clients.close({ pid: PID, term: 2 })],
  ] as const) {
    it(`say what they have not got when they ${how} before they are connected`, () => {
      void clients.restore(PID, OFFSET);
      clients.onRestored(restored(Buffer.alloc(0), 0));
      sent.length = 0;
      clients.hold(numbered(7, "r"), undefined);
      clients.hold(numbered(8, "other"), undefined);
      end();
      assert.deepEqual(sent, [
        { op: SessionOp.LATE, pid: PID, term: 2, number: 7 },
        { op: SessionOp.DETACH, pid: PID, term: 2 },
      ]);
    });
  }

  it("are recovered though a listener of the adapter throws", async () => {
    const session = clients.restore(PID, OFFSET);
    adapter.on("join-room", () => {
      throw new Error("a listener's");
    });
    assert.throws(
      () => clients.onRestored(restored(Buffer.alloc(0), 0)),
      /a listener's/,
    );
    assert.equal((await session)?.sid, "s");
  });

  for (const [when, end] of [
    ["the answer says so", () => clients.onRefused(0)],
    ["answers were lost", () => clients.closeAll()],
    ["there is no order any more", () => clients.end()],
  ] as const) {
    it(`are not recovered when ${when}`, async () => {
      const session = clients.restore(PID, OFFSET);
      end();
      assert.equal(await session, null);
      clients.onRestored(restored(Buffer.alloc(0), 0));
      assert.equal(clients.get("s"), undefined);
    });
  }

  it("share one copy of what arrives while they wait to be connected", () => {
    const sids = ["s1", "s2"];
    sids.forEach((sid, id) => {
      void clients.restore(PID, OFFSET);
      clients.onRestored(restored(Buffer.alloc(0), 0, id, sid));
    });
    const frame = numbered(1);
    clients.hold(frame, undefined);
    for (const id of sids) {
      const socket = new FakeSocket(id);
      clients.onConnected(socket as unknown as ConnectedSocket);
      assert.equal(clients.get(id), undefined);
      socket.packet();
    }
    assert.deepEqual(
      delivered.map(([id]) => id),
      sids,
    );
    const [[, first], [, second]] = delivered as [
      [string, PacketFrame],
      [string, PacketFrame],
    ];
    assert.equal(first, second);
    assert.notEqual(first, frame);
    assert.deepEqual(first.readParts(), ['2["a"]']);
  });
});

class FakeSocket {
  constructor(readonly id: string) {}

  packet(): void {}
}

/** A packet that has its number. */
function numbered(number: number, room?: string): PacketFrame {
  const writer = new FrameWriter();
  const rooms = new Set(room === undefined ? [] : [room]);
  const origin = { uid: "a", nsp: "/" };
  writer.writeOrdered(origin, { rooms }, ['2["a"]'], undefined, true);
  const [section] = writer.take() as [Buffer];
  setFirstNumber(section, number);
  const frames: PacketFrame[] = [];
  readFrames(section, {
    onOrigin: () => {},
    onPacket: (frame) => frames.push(frame),
    onMessage: () => {},
    onSession: () => {},
  });
  return frames[0] as PacketFrame;
}
