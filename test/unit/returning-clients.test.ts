import assert from "node:assert/strict";
import { ReturningClients } from "../../dist/returning-clients";
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

  beforeEach(() => {
    adapter = RecordingAdapter.create();
    sent = [];
    clients = new ReturningClients({
      adapter,
      send: (message) => sent.push(message),
      deliverTo: () => assert.fail(),
      onReturn: () => assert.fail(),
    });
  });
  afterEach(() => adapter.close());

  function restored(data: Buffer, dataSize: number) {
    return {
      op: SessionOp.RESTORED as const,
      id: 0,
      term: 2,
      sid: "s",
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
});
