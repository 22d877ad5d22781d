import assert from "node:assert/strict";
import type { Theme } from "../scene";

export const namespaces: Theme = {
  name: "namespaces",
  scenarios: {
    "keep their rooms, their sockets and their events apart": async (scene) => {
      const [first] = scene.workers;
      const other = `${scene.nsp}-other`;
      await scene.cluster.formed(other, [...scene.workers]);
      const here = await scene.clients();
      const there = await Promise.all(
        scene.workers.map((worker) => scene.connectTo(worker, other)),
      );
      await first.run(
        ({ io }, nsp, other) => {
          io.of(nsp).socketsJoin("room");
          io.of(nsp).to("room").emit("e", "here");
          io.of(other).to("room").emit("e", "nobody");
          io.of(other).socketsJoin("room");
          io.of(other).to("room").emit("e", "there");
        },
        scene.nsp,
        other,
      );
      assert.deepEqual(
        await scene.arrived("e", first),
        Array(3).fill([["here"]]),
      );
      assert.deepEqual(
        await scene.arrived("e", first, other, there),
        Array(3).fill([["there"]]),
      );
      const ids = await first.run(
        async ({ io }, nsp) =>
          (await io.of(nsp).fetchSockets()).map(({ id }) => id),
        scene.nsp,
      );
      assert.deepEqual(ids.sort(), here.map(({ id }) => id).sort());
    },

    "work on those workers which have them": async (scene) => {
      const [first, , third] = scene.workers;
      const some = `${scene.nsp}-some`;
      await scene.cluster.formed(some, [first, third]);
      const a = await scene.connectTo(first, some);
      const c = await scene.connectTo(third, some);
      await third.run(({ io }, nsp) => {
        io.of(nsp).socketsJoin("room");
        io.of(nsp).to("room").emit("e", 1);
      }, some);
      assert.deepEqual(await scene.arrived("e", third, some, [a, c]), [
        [[1]],
        [[1]],
      ]);
      const count = await first.run(
        async ({ io }, nsp) => (await io.of(nsp).fetchSockets()).length,
        some,
      );
      assert.equal(count, 2);
    },

    "may be dynamic": async (scene) => {
      const [first] = scene.workers;
      for (const worker of scene.workers) {
        await worker.run(
          ({ io }, prefix) => void io.of(new RegExp(`^${prefix}-dyn-\\d+$`)),
          scene.nsp,
        );
      }
      const one = `${scene.nsp}-dyn-1`;
      const two = `${scene.nsp}-dyn-2`;
      const ones = await Promise.all(
        scene.workers.map((worker) => scene.connectTo(worker, one)),
      );
      const twos = await Promise.all(
        scene.workers.map((worker) => scene.connectTo(worker, two)),
      );
      await scene.cluster.formed(one, [...scene.workers]);
      await first.run(({ io }, nsp) => {
        io.of(nsp).socketsJoin("room");
        io.of(nsp).to("room").emit("e", nsp);
      }, one);
      assert.deepEqual(
        await scene.arrived("e", first, one, ones),
        Array(3).fill([[one]]),
      );
      assert.deepEqual(
        await scene.arrived("e", first, two, twos),
        Array(3).fill([]),
      );
      const fetched = await first.run(
        async ({ io }, nsp) =>
          (await io.of(nsp).fetchSockets()).map(({ id }) => id),
        one,
      );
      assert.deepEqual(fetched.sort(), ones.map(({ id }) => id).sort());
    },

    "that are dynamic all get what their parent emits": async (scene) => {
      const [first] = scene.workers;
      for (const worker of scene.workers) {
        await worker.run(({ io, state }, prefix) => {
          state[prefix] = io.of(new RegExp(`^${prefix}-child-\\d+$`));
        }, scene.nsp);
      }
      const names = [1, 2].map((i) => `${scene.nsp}-child-${i}`);
      const clients = await Promise.all(
        names.map((nsp) =>
          Promise.all(
            scene.workers.map((worker) => scene.connectTo(worker, nsp)),
          ),
        ),
      );
      await first.run(({ state }, prefix) => {
        (state[prefix] as import("socket.io").Namespace).emit("e", "children");
      }, scene.nsp);
      for (const [i, nsp] of names.entries()) {
        assert.deepEqual(
          await scene.arrived("e", first, nsp, clients[i]),
          Array(3).fill([["children"]]),
        );
      }
    },
  },
};
