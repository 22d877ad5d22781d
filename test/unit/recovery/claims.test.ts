import assert from "node:assert/strict";
import { SessionOp } from "../../../dist/wire/session-messages";
import {
  DURATION,
  missedOf,
  RecoveryScene,
  type Restored,
} from "../support/recovery-scene";

const TAKE_OVER_TIMEOUT = 1_000;

describe("a client that waits for its session", () => {
  let scene: RecoveryScene;

  beforeEach(() => {
    scene = new RecoveryScene();
  });

  it("takes it from the node that has it when that has closed the connection", () => {
    scene.open();
    scene.publish();
    scene.ask("b", 0);
    assert.deepEqual(scene.take(), [
      { to: "a", message: { op: SessionOp.CLOSE, pid: "pid", term: 1 } },
    ]);
    scene.publish();
    const rooms = ["late"];
    scene.tell("a", { op: SessionOp.JOIN, pid: "pid", term: 1, rooms, at: 2 });
    scene.detach();
    const [sent] = scene.take();
    assert.equal(sent?.to, "b");
    const message = sent.message as Restored;
    assert.deepEqual(missedOf(message), [1, 2]);
    assert.deepEqual(message.rooms, ["sid", "late"]);
    // nothing of the old owner counts any more
    scene.tell("a", { op: SessionOp.CLOSED, pid: "pid", term: 1 });
    scene.tell("a", { op: SessionOp.END, pid: "pid", term: 1 });
    scene.detach("a");
    assert.equal(scene.recovery.sessions.detached.size, 0);
    assert.equal(scene.timerCount, 0);
  });

  it("takes it from a node that has no such socket", () => {
    scene.open();
    scene.ask("b", 0);
    scene.take();
    scene.tell("a", { op: SessionOp.CLOSED, pid: "pid", term: 1 });
    assert.equal(scene.take()[0]?.message.op, SessionOp.RESTORED);
  });

  it("is refused where the session ends while it is taken over", () => {
    scene.open();
    scene.ask("b", 0);
    scene.take();
    scene.tell("a", { op: SessionOp.END, pid: "pid", term: 1 });
    assert.equal(scene.take()[0]?.message.op, SessionOp.REFUSED);
    assert.deepEqual(scene.outcomes, ["unknown"]);
    assert.equal(scene.timerCount, 0);
  });

  it("gets the last copy where a node does not answer, is gone, or cannot be reached", () => {
    const ways: Array<() => void> = [
      () => scene.pass(TAKE_OVER_TIMEOUT),
      () => scene.recovery.onNodeGone("a"),
    ];
    for (const way of ways) {
      scene = new RecoveryScene();
      scene.open();
      scene.ask("b", 0);
      scene.take();
      way();
      assert.equal(scene.take()[0]?.message.op, SessionOp.RESTORED);
      // it comes back to life
      scene.detach();
      assert.equal(scene.recovery.sessions.detached.size, 0);
      assert.equal(scene.timerCount, 0);
    }
    scene = new RecoveryScene();
    scene.open();
    scene.unreachable.add("a");
    scene.ask("b", 0);
    assert.deepEqual(
      scene.take().map(({ message }) => message.op),
      [SessionOp.CLOSE, SessionOp.RESTORED],
    );
  });

  it("is refused where somebody asks after it", () => {
    scene.open();
    scene.ask("b", 0, "pid", 1);
    scene.ask("c", 0, "pid", 2);
    scene.detach();
    assert.deepEqual(
      scene.take().map(({ to, message }) => [to, message.op]),
      [
        ["a", SessionOp.CLOSE],
        ["b", SessionOp.REFUSED],
        ["a", SessionOp.CLOSE],
        ["c", SessionOp.RESTORED],
      ],
    );
    assert.deepEqual(scene.outcomes, ["superseded", "recovered"]);
  });

  describe("waits on where its worker is busy", () => {
    beforeEach(() => {
      scene.open();
      scene.publish();
      scene.detach();
      scene.busy.add("b");
      scene.take();
      scene.ask("b", 0);
      scene.pass(1_000);
      assert.deepEqual(scene.take(), []);
    });

    it("until it is not, and gives it what was sent meanwhile, too", () => {
      scene.publish();
      scene.busy.clear();
      scene.pass(1_000);
      const [sent, ...others] = scene.take();
      assert.deepEqual(others, []);
      assert.equal(sent?.to, "b");
      assert.deepEqual(missedOf(sent.message as Restored), [1, 2]);
      assert.deepEqual(scene.outcomes, ["recovered"]);
      assert.equal(scene.timerCount, 0);
    });

    it("and refuses it when it has asked elsewhere", () => {
      scene.ask("c", 0);
      scene.busy.clear();
      scene.pass(1_000);
      const messages = scene.take().map(({ to, message }) => [to, message.op]);
      assert.deepEqual(messages, [
        ["b", SessionOp.REFUSED],
        ["c", SessionOp.RESTORED],
      ]);
      assert.deepEqual(scene.outcomes, ["superseded", "recovered"]);
      assert.equal(scene.timerCount, 0);
    });

    it("however long it takes, as it has asked in time", () => {
      scene.pass(DURATION + 1_000);
      scene.busy.clear();
      scene.pass(1_000);
      const [sent] = scene.take();
      assert.deepEqual(missedOf(sent?.message as Restored), [1]);
    });

    it("and forgets that when its worker is gone, or does not read", () => {
      scene.recovery.onNodeGone("b");
      scene.busy.clear();
      scene.pass(1_000);
      assert.deepEqual(scene.take(), []);
      assert.deepEqual(scene.restore("c", 0), [1]);
    });
  });

  it("may ask again where the session could not be given", () => {
    scene.open();
    scene.detach();
    scene.unreachable.add("b");
    scene.ask("b", 0);
    assert.equal(scene.recovery.sessions.detached.size, 1);
    assert.deepEqual(scene.outcomes, []);
    assert.deepEqual(scene.restore("c", 0), []);
  });
});
