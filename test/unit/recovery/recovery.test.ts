import assert from "node:assert/strict";
import { formatOffset } from "../../../dist/wire/offsets";
import {
  SessionOp,
  type SessionMessage,
} from "../../../dist/wire/session-messages";
import { collectGarbage, isKept } from "../support/garbage-collector";
import {
  DURATION,
  missedOf,
  NOTICE,
  RecoveryScene,
  type Restored,
  type Sent,
} from "../support/recovery-scene";
import { warningsOf } from "../support/warnings";

const OPEN = { pid: "pid", sid: "sid", rooms: ["sid"], at: 0 };

describe("recovery", () => {
  let scene: RecoveryScene;

  beforeEach(() => {
    scene = new RecoveryScene();
  });

  it("gives a session to the node that asks, with what its client missed", () => {
    scene.open("a", "pid", ["sid", "r"]);
    const seen = scene.publish();
    scene.publish(["r"]);
    scene.publish(["other"]);
    scene.publish(["r", "x"], "b", ["sid"]);
    scene.publish(["sid"]);
    scene.detach();
    scene.publish();
    scene.ask("b", seen, "pid", 7);
    const [sent, ...others] = scene.take();
    assert.deepEqual(others, []);
    assert.equal(sent?.to, "b");
    const { data, ...message } = sent.message as Restored;
    assert.deepEqual(message, {
      op: SessionOp.RESTORED,
      id: 7,
      term: 2,
      sid: "sid",
      rooms: ["sid", "r"],
      dataSize: 4,
    });
    assert.equal(data?.toString("utf8", 0, 4), "data");
    assert.deepEqual(missedOf(sent.message as Restored), [2, 5, 6]);
    assert.deepEqual(scene.outcomes, ["recovered"]);
  });

  it("gives a session once", () => {
    scene.open();
    scene.detach();
    assert.deepEqual(scene.restore("b", 0), []);
    scene.take();
    scene.ask("c", 0);
    // it is asked for where it is now
    assert.deepEqual(scene.take(), [
      { to: "b", message: { op: SessionOp.CLOSE, pid: "pid", term: 2 } },
    ]);
  });

  it("begins with the session, whatever the client has seen before", () => {
    scene.publish();
    scene.publish();
    scene.open("a", "pid", ["sid"], 2);
    scene.publish();
    scene.detach();
    assert.deepEqual(scene.restore("b", 0), [3]);
  });

  it("knows what the worker knows of rooms, in the order of that worker", () => {
    scene.open();
    scene.publish(["r"]);
    const join = { pid: "pid", term: 1, rooms: ["r"] };
    scene.tell("a", { op: SessionOp.JOIN, ...join, at: 1 });
    scene.publish(["r"]);
    scene.publish(["r"], "b");
    // what b has sent had not been delivered when the socket left, what a has sent was sent before
    scene.tell("a", { op: SessionOp.LEAVE, ...join, at: 1 });
    scene.publish(["r"]);
    scene.detach();
    assert.deepEqual(scene.restore("b", 0), [2]);
  });

  it("remembers a limited number of moments, however long clients may be away", () => {
    scene.recovery.keepFor({
      maxDisconnectionDuration: Number.MAX_SAFE_INTEGER,
      noticeAfter: 0,
    });
    collectGarbage();
    const { heapUsed } = process.memoryUsage();
    for (let i = 0; i < 200_000; i++) {
      scene.now += 250;
      scene.recovery.tick(i);
    }
    collectGarbage();
    const grown = process.memoryUsage().heapUsed - heapUsed;
    assert.ok(grown < 1e6, `${grown} bytes`);
  });

  it("keeps of the data that was told nothing but itself", async () => {
    const tell = () => {
      const read = Buffer.allocUnsafeSlow(100_000);
      const data = read.subarray(7, 11);
      const term = { pid: "pid", term: 1 };
      scene.tell("a", { op: SessionOp.OPEN, ...OPEN, data });
      scene.tell("a", { op: SessionOp.DATA, ...term, data });
      return new WeakRef(read.buffer);
    };
    assert.equal(await isKept(tell()), false);
    assert.equal(scene.recovery.sessions.size, 1);
  });

  it("has the data that was told last", () => {
    const dataOf = (sent: Sent | undefined) => {
      const { data, dataSize } = (sent as Sent).message as Restored;
      return data?.toString("utf8", 0, dataSize);
    };
    scene.open();
    const data = Buffer.from("changed");
    scene.tell("a", { op: SessionOp.DATA, pid: "pid", term: 1, data });
    scene.detach();
    scene.ask("b", 0);
    assert.equal(dataOf(scene.take()[0]), "changed");
    scene.detach("b", "pid", 2, Buffer.from("final"));
    scene.ask("c", 0);
    assert.equal(dataOf(scene.take()[0]), "final");
  });

  describe("refuses", () => {
    beforeEach(() => {
      scene.open();
      scene.publish();
      scene.detach();
    });

    it("an unknown private id, or one of another namespace", () => {
      assert.equal(scene.restore("b", 0, "x"), "unknown");
      assert.equal(scene.restore("b", 0, "__proto__"), "unknown");
      const offset = scene.offset(0);
      const ask = { op: SessionOp.RESTORE, id: 1, pid: "pid", offset } as const;
      scene.tell("b", ask, "/other");
      assert.deepEqual(scene.take(), [
        { to: "b", message: { op: SessionOp.REFUSED, id: 1 } },
      ]);
      assert.deepEqual(scene.restore("b", 0), [1]);
    });

    it("an offset of another epoch, of the future, or none at all", () => {
      const good = scene.offset(0);
      const foreign = formatOffset({ epoch: "epoch-", number: 0 });
      for (const offset of [foreign, scene.offset(2), "", "x".repeat(1e6)]) {
        const ask = {
          op: SessionOp.RESTORE,
          id: 1,
          pid: "pid",
          offset,
        } as const;
        scene.tell("b", ask);
      }
      assert.deepEqual(scene.outcomes, Array(4).fill("foreign"));
      assert.notEqual(good, foreign);
      assert.deepEqual(scene.restore("b", 0), [1]);
    });

    it("a session that is over", () => {
      scene.open("a", "other");
      scene.tell("a", { op: SessionOp.END, pid: "other", term: 1 });
      assert.equal(scene.restore("b", 0, "other"), "unknown");
    });

    it("a session that was lost too long ago", () => {
      scene.pass(DURATION);
      assert.deepEqual(scene.restore("b", 1), []);
      scene.detach("b", "pid", 2);
      scene.now += DURATION + 1;
      assert.equal(scene.restore("c", 1), "expired");
      assert.equal(scene.recovery.sessions.size, 0);
    });

    it("everyone of another order", () => {
      scene.recovery.restart();
      assert.equal(scene.restore("b", 0), "unknown");
      assert.equal(scene.recovery.log.last, 0);
    });
  });

  it("forgets sessions that were lost too long ago, and packets that all have seen", () => {
    scene.open();
    scene.publish();
    scene.detach();
    scene.pass(DURATION);
    assert.deepEqual(
      [scene.recovery.sessions.size, scene.recovery.log.size],
      [1, 1],
    );
    scene.pass(1_000);
    assert.equal(scene.recovery.sessions.size, 0);
    scene.pass(NOTICE + 1_000);
    assert.equal(scene.recovery.log.size, 0);
  });

  it("recovers a client that was silent while packets became old", () => {
    scene.open("a", "pid", ["sid"]);
    const seen = scene.publish();
    scene.publish(["other"]);
    scene.pass(10 * DURATION);
    assert.equal(scene.recovery.log.expired, 2);
    const missed = scene.publish(["sid"]);
    scene.detach();
    assert.deepEqual(scene.restore("b", seen), [missed]);
  });

  it("keeps old packets as long as a worker has not delivered them", () => {
    scene.open();
    scene.publish();
    for (let i = 0; i < 40; i++) {
      scene.now += 1_000;
      scene.recovery.tick(0);
    }
    assert.equal(scene.recovery.log.size, 1);
    scene.detach();
    assert.deepEqual(scene.restore("b", 0), [1]);
  });

  it("does not take for seen what was given late", () => {
    scene.open();
    const missed = scene.publish();
    scene.detach();
    scene.pass(DURATION);
    assert.deepEqual(scene.restore("b", 0), [missed]);
    // the connection breaks again before the client has seen it
    scene.pass(3_000);
    assert.equal(scene.recovery.log.expired, missed);
    scene.detach("b", "pid", 2);
    assert.equal(scene.restore("c", 0), "gap");

    scene.open("a", "second");
    scene.detach("a", "second");
    scene.ask("b", missed, "second");
    const late = scene.publish();
    scene.tell("b", {
      op: SessionOp.LATE,
      pid: "second",
      term: 2,
      number: late,
    });
    scene.pass(DURATION + NOTICE + 2_000);
    assert.equal(scene.recovery.log.expired, late);
    scene.detach("b", "second", 2);
    assert.equal(scene.restore("c", missed, "second"), "gap");
  });

  it("recovers who has seen all that was given late", () => {
    scene.open();
    const missed = scene.publish();
    scene.detach();
    scene.restore("b", 0);
    scene.pass(DURATION + NOTICE + 2_000);
    scene.detach("b", "pid", 2);
    assert.deepEqual(scene.restore("c", missed), []);
  });

  it("is refused where its socket has left too many rooms since to remember them, with one warning", () => {
    const change = (rooms: number) => {
      for (let i = 0; i < rooms; i++) {
        const fields = { pid: "pid", term: 1, rooms: ["r"] };
        const { last } = scene.recovery.log;
        scene.tell("a", { op: SessionOp.JOIN, ...fields, at: last });
        const at = scene.publish(["r"], "b");
        scene.tell("a", { op: SessionOp.LEAVE, ...fields, at });
      }
    };
    const changeMany = () => {
      scene.open("a", "pid", ["sid"], 0);
      const warnings = warningsOf(() => change(1_010));
      scene.detach();
      return warnings.filter((text) => String(text).startsWith("a socket"));
    };
    // those that are older than the log are not needed
    scene = new RecoveryScene({ maxLogEntries: 990 });
    assert.deepEqual(changeMany(), []);
    assert.equal(scene.restore("b", 19), "gap");
    changeMany();
    const { last } = scene.recovery.log;
    assert.deepEqual(scene.restore("b", last - 2), [last - 1, last]);

    scene = new RecoveryScene({ maxLogEntries: 10_000 });
    assert.match(changeMany().join(), /has changed its rooms too often/);
    assert.equal(scene.restore("b", 9), "gap");
    assert.deepEqual(changeMany(), []);
    assert.deepEqual(scene.restore("b", 2_018), [2_019, 2_020]);
  });

  it("has limits, and counts what they cost", () => {
    scene = new RecoveryScene({ maxLogEntries: 2 });
    scene.open();
    const warnings = warningsOf(() => {
      for (let i = 0; i < 4; i++) {
        scene.publish();
      }
    });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, /maxLogEntries: 2/);
    assert.deepEqual(scene.recovery.discarded, { packets: 2, sessions: 0 });
    scene.recovery.restart();
    assert.deepEqual(scene.recovery.discarded, { packets: 2, sessions: 0 });
  });

  it("is refused where such a packet is missing, and no other", () => {
    scene = new RecoveryScene({ maxLogEntries: 2 });
    scene.open();
    warningsOf(() => {
      for (let i = 0; i < 4; i++) {
        scene.publish();
      }
    });
    scene.open("a", "knows");
    scene.detach();
    scene.detach("a", "knows");
    assert.equal(scene.restore("b", 1), "gap");
    assert.deepEqual(scene.restore("b", 2, "knows"), []);
  });

  it("is refused where a packet has passed that was not kept", () => {
    scene.open();
    scene.recovery.skip();
    scene.open("a", "later");
    scene.detach();
    scene.detach("a", "later");
    assert.equal(scene.restore("b", 0), "gap");
    assert.deepEqual(scene.restore("b", 0, "later"), []);
  });

  it("takes all sockets of a node that is gone for lost", () => {
    scene.open("a", "one");
    scene.open("a", "two");
    scene.open("b", "three");
    scene.recovery.onNodeGone("a");
    assert.equal(scene.recovery.sessions.detached.size, 2);
    assert.deepEqual(scene.restore("b", 0, "one"), []);
  });

  it("forgets the sessions that were lost first when there are too many", () => {
    scene = new RecoveryScene({ maxSessions: 2 });
    const warnings = warningsOf(() => {
      ["one", "two"].forEach((pid) => scene.open("a", pid));
      scene.open("a", "none");
      scene.detach("a", "two");
      scene.open("a", "three");
    });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, /more than 2 sessions/);
    assert.equal(scene.recovery.sessions.size, 2);
    assert.deepEqual(scene.recovery.discarded, { packets: 0, sessions: 2 });
    for (const pid of ["none", "two"]) {
      assert.equal(scene.restore("b", 0, pid), "unknown");
    }
    ["one", "three"].forEach((pid) => scene.detach("a", pid));
    for (const pid of ["one", "three"]) {
      assert.deepEqual(scene.restore("b", 0, pid), []);
    }
  });

  it("ignores what is for workers", () => {
    scene.open();
    for (const message of [
      { op: SessionOp.REFUSED, id: 1 },
      { op: SessionOp.CLOSE, pid: "pid", term: 1 },
      { op: SessionOp.PROGRESS, epoch: "epoch1", number: 1 },
    ] as SessionMessage[]) {
      scene.tell("a", message);
    }
    assert.deepEqual(scene.take(), []);
    assert.equal(scene.recovery.sessions.size, 1);
  });
});
