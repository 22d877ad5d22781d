import assert from "node:assert/strict";
import { MessageType } from "socket.io-adapter";
import { adapterClose } from "../../../dist/wire/plain";
import { message, offer, RelayScene } from "../support/relay-scene";
import { warningsOf } from "../support/warnings";

const HEARTBEAT = MessageType.HEARTBEAT;

describe("the relay, with a worker that does not read,", () => {
  let scene: RelayScene;

  /** The first worker does not read, and loses its backlog. */
  async function dropFirst(...before: object[]): Promise<void> {
    scene = new RelayScene(1e6, 5);
    await scene.greetAll();
    before.forEach((given) => scene.relay.onMessage(1, given));
    await scene.takeAll();
    scene.stopped.add(1);
    warningsOf(() => {
      for (let i = 0; i < 20; i++) {
        scene.relay.onMessage(2, message("b", 99));
        scene.relay.tick();
      }
    });
    await scene.takeAll();
  }

  it("has no part for a worker that sends and does not read, until it reads", async () => {
    await dropFirst();
    scene.relay.onMessage(1, offer("a", MessageType.HEARTBEAT));
    scene.relay.onMessage(1, offer("a2"));
    assert.deepEqual(await scene.takeAll(), []);
    assert.equal(scene.relay.isMember(1), false);
    scene.resume();
    scene.relay.onMessage(1, offer("a"));
    assert.equal(scene.relay.isMember(1), true);
  });

  for (const [when, resume] of [
    ["", () => {}],
    [" before it has greeted", () => scene.resume()],
  ] as const) {
    it(`says goodbye once more for a worker that was dropped, sent something, and is gone${when}`, async () => {
      await dropFirst();
      resume();
      scene.relay.onLeave(1);
      const close = adapterClose("a", "/");
      const told = (await scene.take()).filter(({ to }) => to === 2);
      assert.deepEqual(told, [{ to: 2, message: close }]);
    });
  }

  it("has a part for a node of 0.3.0 in it, by whatever that sends once it reads", async () => {
    await dropFirst(message("old", HEARTBEAT));
    scene.relay.onMessage(1, message("old", 99));
    assert.equal(scene.relay.isMember(1), false);
    scene.resume();
    scene.relay.onMessage(1, message("a", 99));
    assert.equal(scene.relay.isMember(1), false);
    scene.relay.onMessage(1, message("old", 99));
    assert.equal(scene.relay.isMember(1), true);
  });

  it("tells a worker that has missed it which wire is used", async () => {
    await dropFirst();
    scene.relay.onMessage(4, message("d", 1));
    await scene.takeAll();
    scene.resume();
    assert.deepEqual(await scene.controls(), [[1, "greet"]]);
    scene.relay.onMessage(1, offer("a"));
    assert.deepEqual(await scene.controls(), [[1, "plain"]]);
  });
});
