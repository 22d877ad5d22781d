import assert from "node:assert/strict";
import { waitFor } from "../../support/wait";
import type { Theme } from "../scene";

/** What JSON carries unchanged; each message names the scene it belongs to, so that nobody else's are counted. */
function messages(scene: string): unknown[] {
  return [
    `${scene} text`,
    { scene, type: 3, nsp: "/", uid: "x", data: { packet: { data: ["e"] } } },
    { scene, source: "another", type: 3, nsp: "/", uid: "x" },
    { scene, source: null },
    { scene, source: { source: "_sio_adapter" } },
    [scene, "_sio_adapter", 1, null],
    { scene, nested: [{ deep: [true, null, 1.5, "é"] }] },
  ];
}

export const ipc: Theme = {
  name: "the application's own IPC",
  scenarios: {
    "reaches the primary from a worker, unchanged and in order": async (
      scene,
    ) => {
      const [, second] = scene.workers;
      const sent = messages(scene.nsp);
      await scene.cluster.primary.run(({ cluster, state }, key) => {
        const seen: unknown[] = [];
        state[key] = seen;
        const listener = (worker: { id: number }, message: unknown) => {
          if (JSON.stringify(message)?.includes(`"${key}`)) {
            seen.push([worker.id, message]);
          }
        };
        cluster.on("message", listener);
        state[`${key}-stop`] = () => cluster.off("message", listener);
      }, scene.nsp);
      await second.run((_, list) => {
        list.forEach((message) => process.send?.(message));
      }, sent);
      const seen = () =>
        scene.cluster.primary.run(
          ({ state }, key) => state[key] as unknown[],
          scene.nsp,
        );
      // the harness's own line goes the same way
      await second.run(() => {});
      await waitFor(async () => (await seen()).length >= sent.length);
      assert.deepEqual(
        await seen(),
        sent.map((message) => [second.id, message]),
      );
      await scene.cluster.primary.run(
        ({ state }, key) => (state[`${key}-stop`] as () => void)(),
        scene.nsp,
      );
    },

    "of a worker is not passed on to the others, in whatever form": async (
      scene,
    ) => {
      const [first, second, third] = scene.workers;
      for (const worker of [second, third]) {
        await worker.run(({ state }, key) => {
          const seen: unknown[] = [];
          state[key] = seen;
          process.on("message", (message: { harness?: unknown } | null) => {
            if (
              JSON.stringify(message)?.includes(`"${key}`) &&
              !message?.harness
            ) {
              seen.push(message);
            }
          });
        }, `${scene.nsp} own`);
      }
      await scene.clients();
      await first.run(
        (_, list) => {
          list.forEach((message) => process.send?.(message));
        },
        messages(`${scene.nsp} own`),
      );
      await scene.fence(first);
      for (const worker of [second, third]) {
        assert.deepEqual(
          await worker.run(({ state }, key) => state[key], `${scene.nsp} own`),
          [],
        );
      }
    },

    "reaches a worker from the primary, unchanged and in order": async (
      scene,
    ) => {
      const [first, second] = scene.workers;
      const sent = messages(scene.nsp);
      for (const worker of [first, second]) {
        await worker.run(({ state }, key) => {
          const seen: unknown[] = [];
          state[key] = seen;
          process.on("message", (message: { harness?: unknown } | null) => {
            if (
              JSON.stringify(message)?.includes(`"${key}`) &&
              !message?.harness
            ) {
              seen.push(message);
            }
          });
        }, scene.nsp);
      }
      await scene.cluster.primary.run(
        ({ cluster }, id, list) => {
          list.forEach((message) => cluster.workers?.[id]?.send(message as {}));
        },
        second.id,
        sent,
      );
      const seen = await waitFor(async () => {
        const list = await second.run(
          ({ state }, key) => state[key] as unknown[],
          scene.nsp,
        );
        return list.length >= sent.length && list;
      });
      assert.deepEqual(seen, sent);
      assert.deepEqual(
        await first.run(({ state }, key) => state[key], scene.nsp),
        [],
      );
    },

    "may be null, numbers and booleans": async (scene) => {
      const [first] = scene.workers;
      await scene.cluster.primary.run(({ cluster, state }, key) => {
        const seen: unknown[] = [];
        state[key] = seen;
        const listener = (
          _: unknown,
          message: { harness?: unknown } | null,
        ) => {
          if (message === null || typeof message !== "object") {
            seen.push(message);
            if (message === (key as unknown)) {
              cluster.off("message", listener);
            }
          }
        };
        cluster.on("message", listener);
      }, scene.nsp);
      await first.run((_, last) => {
        for (const message of [null, 0, 7, true, false, "", last]) {
          process.send?.(message);
        }
      }, scene.nsp);
      const seen = await waitFor(async () => {
        const list = await scene.cluster.primary.run(
          ({ state }, key) => state[key] as unknown[],
          scene.nsp,
        );
        return list.includes(scene.nsp) && list;
      });
      assert.deepEqual(seen, [null, 0, 7, true, false, "", scene.nsp]);

      await first.run(({ state }, key) => {
        const seen: unknown[] = [];
        state[key] = seen;
        process.on("message", (message: unknown) => {
          if (message === null || typeof message !== "object") {
            seen.push(message);
          }
        });
      }, scene.nsp);
      await scene.cluster.primary.run(({ cluster }, id) => {
        for (const message of [null, 0, 7, true, false, "", "last"]) {
          cluster.workers?.[id]?.send(message as unknown as string);
        }
      }, first.id);
      const back = await waitFor(async () => {
        const list = await first.run(
          ({ state }, key) => state[key] as unknown[],
          scene.nsp,
        );
        return list.includes("last") && list;
      });
      assert.deepEqual(back, [null, 0, 7, true, false, "", "last"]);
    },
  },
};
