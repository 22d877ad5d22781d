import assert from "node:assert/strict";
import { onceEvent, received, receivedNames } from "../../support/client";
import type { TestWorker } from "../../support/worker";
import type { Scene, Theme } from "../scene";

/** Two sockets over one connection: one in the scene's namespace, one in the main namespace. */
async function pairOn(scene: Scene, worker: TestWorker) {
  const client = await scene.connect(worker);
  const neighbour = client.io.socket("/");
  await new Promise<void>((resolve) => neighbour.once("connect", resolve));
  return { client, neighbour };
}

export const disconnectSockets: Theme = {
  name: "disconnecting sockets",
  scenarios: {
    "of a namespace leaves the connections open": async (scene) => {
      const [first] = scene.workers;
      const pairs = await Promise.all(
        scene.workers.map((worker) => pairOn(scene, worker)),
      );
      await first.run(
        ({ io }, nsp) => io.of(nsp).disconnectSockets(),
        scene.nsp,
      );
      for (const { client, neighbour } of pairs) {
        assert.deepEqual(await onceEvent(client, "disconnect"), [
          "io server disconnect",
        ]);
        const echoed = new Promise((resolve) => neighbour.once("e", resolve));
        await first.run(
          ({ io }, id) => void io.to(id).emit("e", 1),
          neighbour.id as string,
        );
        assert.equal(await echoed, 1);
        neighbour.disconnect();
      }
    },

    "may close their connections": async (scene) => {
      const [first] = scene.workers;
      const pairs = await Promise.all(
        scene.workers.map((worker) => pairOn(scene, worker)),
      );
      const closed = pairs.map(
        ({ neighbour }) =>
          new Promise((resolve) => neighbour.once("disconnect", resolve)),
      );
      await first.run(
        ({ io }, nsp) => io.of(nsp).disconnectSockets(true),
        scene.nsp,
      );
      for (const { client } of pairs) {
        assert.deepEqual(await onceEvent(client, "disconnect"), [
          "io server disconnect",
        ]);
      }
      assert.deepEqual(
        await Promise.all(closed),
        Array(3).fill("io server disconnect"),
      );
    },

    "of a room, except for others, spares the rest": async (scene) => {
      const [, second] = scene.workers;
      const [a, b, c] = await scene.clients();
      await scene.join(a, "room");
      await scene.join(b, "room", "spared");
      await second.run(
        ({ io }, nsp) =>
          io.of(nsp).in("room").except("spared").disconnectSockets(),
        scene.nsp,
      );
      await onceEvent(a, "disconnect");
      await scene.fence(second);
      assert.deepEqual(
        [a, b, c].map((client) => received(client, "disconnect").length),
        [1, 0, 0],
      );
    },

    "reaches one socket by its id, or as a RemoteSocket": async (scene) => {
      const [first] = scene.workers;
      const [a, b, c] = await scene.clients();
      const d = await scene.connect(first);
      await first.run(
        async ({ io }, nsp, b, c, d) => {
          io.of(nsp).in(b).disconnectSockets();
          for (const id of [c, d]) {
            const [socket] = await io.of(nsp).in(id).fetchSockets();
            socket?.disconnect(id === c);
          }
        },
        scene.nsp,
        ...([b.id, c.id, d.id] as [string, string, string]),
      );
      for (const client of [b, c, d]) {
        assert.deepEqual(await onceEvent(client, "disconnect"), [
          "io server disconnect",
        ]);
      }
      await scene.fence(first);
      assert.ok(a.connected);
    },

    "that is local stays on its worker": async (scene) => {
      const [first] = scene.workers;
      const [a, b, c] = await scene.clients();
      await first.run(
        ({ io }, nsp) => io.of(nsp).local.disconnectSockets(true),
        scene.nsp,
      );
      await onceEvent(a, "disconnect");
      await scene.fence(first);
      assert.ok(b.connected && c.connected);
    },

    "happens after what was emitted before it": async (scene) => {
      const [first] = scene.workers;
      const [a, b, c] = await scene.clients();
      await first.run(({ io }, nsp) => {
        io.of(nsp).emit("farewell");
        io.of(nsp).disconnectSockets(true);
        io.of(nsp).emit("too late");
      }, scene.nsp);
      for (const client of [a, b, c]) {
        await onceEvent(client, "disconnect");
        assert.deepEqual(receivedNames(client), ["farewell", "disconnect"]);
      }
    },
  },
};
