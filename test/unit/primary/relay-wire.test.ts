import assert from "node:assert/strict";
import { MessageType } from "socket.io-adapter";
import { readFrames } from "../../../dist/wire/frame-reader";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import { parseOffset } from "../../../dist/wire/offsets";
import { firstNumberOf, isEcho } from "../../../dist/wire/ordered-section";
import {
  frames,
  message,
  offer,
  offerRecovery,
  RelayScene,
  type Sent,
} from "../support/relay-scene";
import { writeAll } from "../support/read-frames";
import { warningsOf } from "../support/warnings";

const HEARTBEAT = MessageType.HEARTBEAT;
const ORIGIN = { uid: "a", nsp: "/" };

function section(target?: string): Buffer {
  const data = Buffer.of(1);
  const [first] = writeAll([{ origin: ORIGIN, target, type: 5, data }]);
  // as it is read where nothing else is
  return Buffer.from(new Uint8Array(first as Buffer).buffer);
}

describe("the relay, where wires are concerned,", () => {
  let scene: RelayScene;

  beforeEach(() => {
    scene = new RelayScene();
  });

  function sections(sent: Sent[]): Array<[number, unknown]> {
    return sent.map(({ to, message }) => [to, message]);
  }

  it("numbers what is sent in an order, and returns the numbers alone", async () => {
    await scene.greetAll(offerRecovery);
    const writer = new FrameWriter();
    const opts = { rooms: new Set<string>() };
    const place = { part: 0, tail: 17 };
    const text = `2["${"-".repeat(15)}"]`;
    const write = () => writer.writeOrdered(ORIGIN, opts, [text], place, true);
    [write, write, write].forEach((one) => one());
    const [sent] = writer.take() as [Buffer];
    scene.relay.onMessage(1, frames(sent));
    const result = sections(await scene.take()) as Array<[number, Buffer]>;
    assert.deepEqual(
      result.map(([to, bytes]) => [to, firstNumberOf(bytes), isEcho(bytes)]),
      [
        [1, 1, true],
        [2, 1, false],
        [3, 1, false],
      ],
    );
    const offsets: unknown[] = [];
    readFrames((result[1] as [number, Buffer])[1], {
      onOrigin: () => {},
      onMessage: () => {},
      onSession: () => {},
      onPacket: (packet) =>
        offsets.push(
          parseOffset(String(packet.readParts()[0]).slice(3, 18))?.number,
        ),
    });
    assert.deepEqual(offsets, [1, 2, 3]);
  });

  it("tells each worker to use the fast wire as it greets", async () => {
    scene.relay.onFork(1);
    scene.relay.onFork(2);
    scene.relay.onMessage(1, offer("a"));
    assert.deepEqual(await scene.controls(), [[1, "fast"]]);
    scene.relay.onMessage(2, offer("b"));
    assert.deepEqual(await scene.controls(), [[2, "fast"]]);
    scene.relay.onMessage(2, offer("b", HEARTBEAT));
    assert.deepEqual(await scene.controls(), []);
  });

  it("says with each control what it can speak itself", async () => {
    scene.relay.onMessage(1, offer("a"));
    const [{ message }] = (await scene.takeAll()) as [Sent];
    assert.deepEqual(message, {
      source: "_sio_adapter",
      uid: "primary",
      nsp: "",
      type: 15,
      data: "fast",
      wire: Buffer.of(1),
    });
  });

  it("tells nobody anything in a cluster of 0.3.0", async () => {
    await scene.greetAll((uid) => message(uid, 1));
    scene.relay.onMessage(1, message("a", HEARTBEAT));
    scene.relay.onLeave(2);
    assert.deepEqual(await scene.controls(), []);
  });

  it("tells everyone to go back for a worker of 0.3.0, before they hear of it", async () => {
    await scene.greetAll();
    scene.relay.onFork(4);
    assert.deepEqual(await scene.takeAll(), []);
    const greeting = message("d", 1);
    scene.relay.onMessage(4, greeting);
    const sent = await scene.takeAll();
    for (const worker of [1, 2, 3]) {
      const [control, second] = sent.filter(({ to }) => to === worker);
      assert.equal(
        (control as { message: { data?: unknown } }).message.data,
        "plain",
      );
      assert.equal(second?.message, greeting);
    }
    assert.equal(sent.length, 6);
    scene.relay.onLeave(4);
    assert.deepEqual(await scene.controls(), [
      [1, "fast"],
      [2, "fast"],
      [3, "fast"],
    ]);
  });

  it("waits for a worker that was there before it, and asks it to greet", async () => {
    scene.relay.onFound(1);
    scene.relay.onFound(2);
    assert.deepEqual(await scene.controls(), [
      [1, "greet"],
      [2, "greet"],
    ]);
    scene.relay.onMessage(1, offer("a"));
    assert.deepEqual(
      (await scene.controls()).filter(([, control]) => control === "fast"),
      [],
    );
    scene.relay.onMessage(2, offer("b"));
    assert.deepEqual((await scene.controls()).sort(), [
      [1, "fast"],
      [2, "fast"],
    ]);
  });

  it("does not wait for a worker that it has found, and that was forked just before", async () => {
    [1, 2].forEach((worker) => scene.relay.onFound(worker));
    await scene.takeAll();
    [1, 2].forEach((worker) => scene.relay.onFork(worker));
    scene.relay.onMessage(1, offer("a"));
    assert.deepEqual(await scene.controls(), [[1, "fast"]]);
  });

  it("waits for a worker that it has found, and that has spoken before it was told of its fork", async () => {
    [1, 2].forEach((worker) => scene.relay.onFound(worker));
    scene.relay.onMessage(1, message("old", 99));
    [1, 2].forEach((worker) => scene.relay.onFork(worker));
    scene.relay.onMessage(2, offer("b"));
    assert.equal(scene.relay.stats().wire, "plain");
  });

  it("says who keeps clients from being recovered by its silence, once it has had the time to speak", () => {
    scene.relay.onFound(1);
    scene.relay.onFork(2);
    scene.relay.onMessage(2, offerRecovery("b"));
    const tick = () => scene.relay.tick();
    assert.deepEqual(warningsOf(tick), []);
    scene.now = 10_001;
    const [warning] = warningsOf(tick);
    assert.match(
      String(warning),
      /worker 1 .*was there before setupPrimary\(\)/,
    );
  });

  it("tells a worker that was told otherwise before it which wire is used", async () => {
    [1, 2].forEach((worker) => scene.relay.onFound(worker));
    await scene.takeAll();
    scene.relay.onMessage(2, message("old", 1));
    scene.relay.onMessage(1, offer("a"));
    assert.deepEqual(await scene.controls(), [[1, "plain"]]);
  });

  it("does not wait for a worker that has said nothing", async () => {
    scene.relay.onFork(9);
    await scene.greetAll();
    scene.relay.onMessage(1, frames(section()));
    assert.deepEqual(
      (await scene.take()).map(({ to }) => to),
      [2, 3],
    );
  });

  it("takes a version that it does not know for the plain wire", async () => {
    await scene.greetAll();
    scene.relay.onFork(4);
    scene.relay.onMessage(4, { ...message("d", 1), wire: Buffer.of(2, 3) });
    assert.deepEqual((await scene.controls()).length, 3);
  });

  it("passes frames on to a worker that has offered to read them, though another node of it speaks the plain wire", async () => {
    await scene.greetAll();
    scene.relay.onMessage(2, message("old", 1));
    await scene.takeAll();
    scene.relay.onMessage(1, frames(section()));
    assert.deepEqual(
      (await scene.take()).map(({ to }) => to),
      [2, 3],
    );
  });

  it("stays on the plain wire as long as one node of a worker needs it, whatever its others say", async () => {
    await scene.greetAll();
    scene.relay.onMessage(2, message("old", 1));
    const controls = await scene.controls();
    assert.deepEqual(
      controls.map(([, control]) => control),
      Array(3).fill("plain"),
    );
    scene.relay.onMessage(2, offer("b", HEARTBEAT));
    scene.relay.onMessage(2, message("old", HEARTBEAT));
    assert.deepEqual(await scene.controls(), []);
    scene.relay.onMessage(2, message("old", MessageType.ADAPTER_CLOSE));
    assert.deepEqual(
      (await scene.controls()).map(([, control]) => control),
      Array(3).fill("fast"),
    );
  });

  it("returns to the order when the last node that needs the plain wire has left", async () => {
    const recovery = { maxDisconnectionDuration: 1, noticeAfter: 1 };
    const recovering = (uid: string, type = 1) => ({
      ...offer(uid, type),
      recovery,
    });
    await scene.greetAll(recovering);
    warningsOf(() => scene.relay.onMessage(2, message("old", 1)));
    scene.relay.onMessage(2, recovering("b", HEARTBEAT));
    assert.deepEqual(
      (await scene.controls()).map(([, control]) => control),
      Array(3).fill("plain"),
    );
    scene.relay.onMessage(2, message("old", MessageType.ADAPTER_CLOSE));
    assert.deepEqual(
      (await scene.controls()).map(([, control]) => control),
      Array(3).fill("ordered"),
    );
  });

  it("tells a node that greets next to one that needs the plain wire", async () => {
    scene.relay.onFound(1);
    await scene.takeAll();
    scene.relay.onMessage(1, message("old", HEARTBEAT));
    scene.relay.onMessage(1, offer("a"));
    assert.deepEqual(await scene.controls(), [[1, "plain"]]);
  });

  it("tells a worker that greets again which wire is used", async () => {
    await scene.greetAll();
    scene.relay.onMessage(1, offer("a2"));
    assert.deepEqual(await scene.controls(), [[1, "fast"]]);
    scene.relay.onFork(4);
    scene.relay.onMessage(4, message("d", 1));
    await scene.takeAll();
    scene.relay.onMessage(1, offer("a3"));
    assert.deepEqual(await scene.controls(), [[1, "plain"]]);
  });

  it("tells a worker that comes second to one of 0.3.0 which wire is used", async () => {
    scene.relay.onMessage(1, message("a", 1));
    scene.relay.onFork(2);
    scene.relay.onMessage(2, offer("b"));
    assert.deepEqual(await scene.controls(), [[2, "plain"]]);
  });

  it("passes sections on as they are, to everyone or to the owner of a node", async () => {
    await scene.greetAll();
    const [all, one, nobody] = [section(), section("c"), section("unknown")];
    scene.relay.onMessage(1, frames(all, one, nobody));
    const sent = sections(await scene.take());
    assert.deepEqual(sent, [
      [2, all],
      [3, all],
      [3, one],
    ]);
    assert.ok(sent.every(([, given]) => given === all || given === one));
  });

  it("keeps nothing alive of what it was read with", async () => {
    await scene.greetAll();
    const read = Buffer.allocUnsafeSlow(64_000);
    const length = section().copy(read, 100);
    scene.relay.onMessage(1, frames(read.subarray(100, 100 + length)));
    const sent = await scene.take();
    assert.equal(sent.length, 2);
    for (const { message: given } of sent as { message: Buffer }[]) {
      assert.deepEqual(given, section());
      assert.ok(given.buffer.byteLength < 10_000);
    }
  });

  it("passes sections on in the form that each channel takes", async () => {
    const asJson = (uid: string) =>
      JSON.parse(JSON.stringify(offer(uid))) as object;
    await scene.greetAll(asJson as typeof offer);
    const text = section("b").toString("base64");
    scene.relay.onMessage(1, frames(text));
    assert.deepEqual(sections(await scene.take()), [[2, text]]);
  });

  it("passes on what keeps the rules, and warns of the rest", async () => {
    await scene.greetAll();
    const good = section();
    const bad = Buffer.of(7);
    const warnings = warningsOf(() =>
      scene.relay.onMessage(1, frames(good, bad, Buffer.alloc(0), good)),
    );
    assert.equal(warnings.length, 2);
    assert.match(warnings.join(), /\[W4\] .*\[W7\] /);
    assert.equal((await scene.take()).length, 4);
  });

  it("survives sections of any kind of binary data", async () => {
    await scene.greetAll();
    const bytes = Uint8Array.from(section("c"));
    const good = section("c");
    scene.relay.onMessage(1, frames(bytes as Buffer));
    scene.relay.onMessage(1, frames(good));
    assert.deepEqual((await scene.take()).pop(), { to: 3, message: good });
  });

  it("does not pass on what only a primary says, nor frames of another form", async () => {
    await scene.greetAll();
    scene.relay.onMessage(1, { ...message("a", 15), data: "plain" });
    scene.relay.onMessage(1, { ...message("a", 14), data: [1] });
    assert.deepEqual(await scene.takeAll(), []);
  });
});
