import assert from "node:assert/strict";
import { MessageType } from "socket.io-adapter";
import { adapterClose, MESSAGE_SOURCE } from "../../../dist/wire/plain";
import { RelayScene, message, type Sent } from "../support/relay-scene";
import { warningsOf } from "../support/warnings";

const UNKNOWN_TYPE = 99;

describe("the relay", () => {
  let scene: RelayScene;

  beforeEach(() => {
    scene = new RelayScene();
  });

  function receive(worker: number, given: unknown): void {
    scene.relay.onMessage(worker, given);
  }

  /** The uids of those whom it knows. */
  function nodes(): string[] {
    const { workers } = scene.relay.stats();
    return workers.flatMap((worker) => worker.nodes).map(({ uid }) => uid);
  }

  async function recipients(): Promise<number[]> {
    return (await scene.take()).map(({ to }) => to);
  }

  it("passes a message on, as it is, to everyone but the sender", async () => {
    [1, 2, 3].forEach((worker) => scene.relay.onFork(worker));
    const sent = message("a", MessageType.SERVER_SIDE_EMIT);
    receive(2, sent);
    const received = await scene.take();
    assert.deepEqual(
      received.map(({ to }) => to),
      [1, 3],
    );
    assert.ok(received.every((one) => one.message === sent));
  });

  for (const [type, data] of [
    [MessageType.FETCH_SOCKETS_RESPONSE, { requestId: "r", sockets: [] }],
    [MessageType.SERVER_SIDE_EMIT_RESPONSE, { requestId: "r" }],
    [MessageType.BROADCAST_CLIENT_COUNT, { requestId: "r", clientCount: 0 }],
    [MessageType.BROADCAST_ACK, { requestId: "r" }],
  ] as const) {
    it(`passes a ${MessageType[type]} on to the asker only`, async () => {
      scene.relay.onFork(3);
      receive(1, message("a", MessageType.HEARTBEAT));
      receive(2, message("b", MessageType.HEARTBEAT));
      await scene.take();
      receive(2, { ...message("b", type, "a"), data });
      assert.deepEqual(await recipients(), [1]);
      receive(2, { ...message("b", type, "nobody"), data });
      receive(2, { ...message("b", type), data });
      assert.deepEqual(await scene.take(), []);
    });
  }

  it("passes on a type that it does not know, but not a known one of a wrong form", async () => {
    scene.relay.onFork(1);
    receive(2, message("a", UNKNOWN_TYPE));
    assert.deepEqual(await recipients(), [1]);
    receive(2, { ...message("b", MessageType.BROADCAST), data: {} });
    receive(2, { ...message("b", MessageType.HEARTBEAT), uid: 1 });
    receive(2, { ...message("b", MessageType.HEARTBEAT), source: "x" });
    receive(2, null);
    assert.deepEqual(await scene.take(), []);
    assert.deepEqual(nodes(), ["a"]);
  });

  it("knows nobody who has sent nothing but garbage", () => {
    receive(1, { source: MESSAGE_SOURCE });
    receive(1, { source: "other" });
    assert.deepEqual(scene.relay.stats().workers, []);
    receive(1, message("a", MessageType.HEARTBEAT));
    assert.deepEqual(nodes(), ["a"]);
  });

  it("announces the nodes of a worker that left, and no others", async () => {
    const heartbeat = MessageType.HEARTBEAT;
    receive(1, message("a", heartbeat));
    receive(1, { ...message("b", heartbeat), nsp: "/news" });
    receive(1, message("closed", heartbeat));
    receive(1, message("closed", MessageType.ADAPTER_CLOSE));
    receive(1, message("emitter", heartbeat));
    receive(2, message("c", heartbeat));
    await scene.take();
    scene.relay.onLeave(1);
    assert.deepEqual(await scene.take(), [
      { to: 2, message: adapterClose("a", "/") },
      { to: 2, message: adapterClose("b", "/news") },
    ]);
    scene.relay.onLeave(1);
    assert.deepEqual(await scene.take(), []);
  });

  it("sends nothing any more to a worker that left", async () => {
    scene.relay.onFork(1);
    receive(2, message("a", MessageType.HEARTBEAT));
    receive(2, message("a", MessageType.HEARTBEAT));
    // the second one waits for the first
    scene.relay.onLeave(1);
    assert.equal((await scene.takeAll()).length, 1);
    receive(2, message("a", MessageType.HEARTBEAT));
    assert.deepEqual(await scene.takeAll(), []);
  });

  it("sends nothing any more when it is closed", async () => {
    [1, 2].forEach((worker) => scene.relay.onFork(worker));
    receive(1, message("a", MessageType.HEARTBEAT));
    receive(1, message("a", MessageType.HEARTBEAT));
    scene.relay.close();
    receive(2, message("b", MessageType.HEARTBEAT));
    assert.deepEqual(
      (await scene.takeAll()).map(({ to }) => to),
      [2],
    );
  });

  it("takes a worker that reads nothing out of the cluster, and asks it to greet when it reads", async () => {
    scene = new RelayScene(1e6, 10);
    const greetings = ["a", "b", "c"].map((uid) => message(uid, 1));
    greetings.forEach((greeting, i) => receive(i + 1, greeting));
    await scene.takeAll();

    scene.stopped.add(2);
    const received: Sent[] = [];
    const warnings: string[] = [];
    for (let i = 0; i < 20; i++) {
      warnings.push(
        ...warningsOf(() => receive(1, message("a", UNKNOWN_TYPE))),
      );
      received.push(...(await scene.takeAll()));
      scene.relay.tick();
    }
    const count = (worker: number) =>
      received.filter(({ to }) => to === worker).length;
    assert.deepEqual([count(1), count(2), count(3)], [1, 1, 21]);
    const closing = adapterClose("b", "/");
    assert.deepEqual(received.find(({ to }) => to === 1)?.message, closing);
    receive(2, message("b", UNKNOWN_TYPE));
    assert.ok(!nodes().includes("b"));
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] as string,
      /^worker 2 .*maxBacklogBytes: 1000000, maxBacklogMessages: 10\)/,
    );

    scene.resume();
    assert.deepEqual(await scene.controls(), [[2, "greet"]]);
    receive(2, greetings[1]);
    receive(1, message("a", UNKNOWN_TYPE));
    assert.deepEqual((await recipients()).sort(), [1, 2, 3, 3]);
  });
});
