import assert from "node:assert/strict";
import { PrimaryOutbox } from "../../../dist/primary/outbox";
import { Peer, type PeerWire } from "../../../dist/primary/peers";
import { Statistics } from "../../../dist/primary/statistics";
import type { Recovery } from "../../../dist/recovery/recovery";
import { FakePipe } from "../support/fake-pipe";

describe("the statistics of the primary", () => {
  const recovery = {
    log: { size: 3, byteLength: 300 },
    sessions: { size: 5, detached: new Set([1, 2]) },
    discarded: { packets: 7, sessions: 1 },
  } as unknown as Pick<Recovery, "log" | "sessions" | "discarded">;

  function createPeer(id: number, wire: PeerWire = "fast"): Peer {
    const outbox = new PrimaryOutbox({
      maxBacklogBytes: 1_000,
      maxBacklogMessages: 10,
      send: new FakePipe().send,
      onOverflow: () => {},
      onResume: () => {},
    });
    return new Peer({ id, pid: undefined }, outbox, wire, 0);
  }

  function snapshot(statistics: Statistics, ...peers: Peer[]) {
    return statistics.snapshot(peers, "ordered", recovery, 1_000);
  }

  it("go on to count what a worker has sent and received that is gone", () => {
    const statistics = new Statistics();
    const [gone, there] = [createPeer(1), createPeer(2)];
    gone.received.add(2, 20);
    there.received.add(1, 10);
    gone.outbox.push(Buffer.alloc(7));
    statistics.onGone(gone);
    const { workers, totals } = snapshot(statistics, there);
    assert.deepEqual(
      workers.map(({ id }) => id),
      [2],
    );
    assert.deepEqual(totals.received, { messages: 3, bytes: 30 });
    assert.deepEqual(totals.sent, { messages: 1, bytes: 7 });
    // what they say is not counted twice the next time
    assert.deepEqual(snapshot(statistics, there).totals, totals);
  });

  it("say how each worker speaks, where that is known", () => {
    const wires = (["silent", "unknown", "plain", "fast"] as const).map(
      (wire, id) => createPeer(id, wire),
    );
    assert.deepEqual(
      snapshot(new Statistics(), ...wires).workers.map(({ wire }) => wire),
      ["unknown", "unknown", "plain", "ordered"],
    );
  });

  it("say for how long a worker is silent, in whole ms, and that it has sent nothing", () => {
    const [silent, heard] = [createPeer(1), createPeer(2)];
    heard.lastHeard = 899.7;
    assert.deepEqual(
      snapshot(new Statistics(), silent, heard).workers.map(
        ({ silentFor, pid }) => [silentFor, pid],
      ),
      [
        [null, null],
        [100, null],
      ],
    );
  });

  it("tell open sessions from lost ones, and count what becomes of clients that return", () => {
    const statistics = new Statistics();
    statistics.onRestore("gap");
    statistics.onRestore("gap");
    const before = snapshot(statistics);
    statistics.onRestore("recovered");
    assert.deepEqual(before.recovery, {
      log: { packets: 3, bytes: 300 },
      sessions: { open: 3, detached: 2 },
      discarded: { packets: 7, sessions: 1 },
      restores: {
        recovered: 0,
        unknown: 0,
        foreign: 0,
        expired: 0,
        gap: 2,
        superseded: 0,
      },
    });
    assert.equal(snapshot(statistics).recovery.restores.recovered, 1);
  });

  it("are plain data, which JSON can hold", () => {
    const peer = createPeer(1);
    peer.nodes.set("a", { uid: "a", nsp: "/", recovers: true });
    const stats = snapshot(new Statistics(), peer);
    assert.deepEqual(JSON.parse(JSON.stringify(stats)), stats);
    assert.deepEqual(stats.workers[0]?.nodes, [{ uid: "a", nsp: "/" }]);
  });
});
