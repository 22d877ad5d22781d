import assert from "node:assert/strict";
import { waitFor } from "../../support/wait";
import type { TestWorker } from "../../support/worker";
import { type Scene, type Theme, waits } from "../scene";

interface Members {
  nodesMap: Map<string, number>;
  requests: Map<string, unknown>;
  ackRequests: Map<string, unknown>;
  uid: string;
}

const HEARTBEAT = 2;
const ADAPTER_CLOSE = 13;

/** The third worker sends in the name of a node that is not there, and speaks as that worker does. */
async function sayAsSilentNode(
  scene: Scene,
  type: number,
  nsp = scene.nsp,
): Promise<void> {
  const [, , third] = scene.workers;
  await third.run(
    (_, nsp, type, isOurs) => {
      const message = { source: "_sio_adapter", type, nsp, uid: "silent" };
      process.send?.(isOurs ? { ...message, wire: Buffer.of(1) } : message);
    },
    nsp,
    type,
    third.kind === "ours",
  );
}

/** A node that answers to nothing joins the namespace; resolves when the first worker counts it. */
export async function announceSilentNode(scene: Scene): Promise<void> {
  await sayAsSilentNode(scene, HEARTBEAT);
  await waitFor(
    async () => (await serverCount(scene.workers[0], scene.nsp)) === 4,
  );
}

export function sayFarewell(scene: Scene): Promise<void> {
  return sayAsSilentNode(scene, ADAPTER_CLOSE);
}

function serverCount(worker: TestWorker, nsp: string): Promise<number> {
  return worker.run(({ io }, nsp) => io.of(nsp).adapter.serverCount(), nsp);
}

export const membership: Theme = {
  name: "membership",
  scenarios: {
    "counts every worker": async (scene) => {
      for (const worker of scene.workers) {
        assert.equal(await serverCount(worker, scene.nsp), 3);
        assert.equal(await serverCount(worker, "/"), 3);
      }
    },

    "is in nodesMap, by the uids of the others": async (scene) => {
      const members = await Promise.all(
        scene.workers.map((worker) =>
          worker.run(({ io }, nsp) => {
            const adapter = io.of(nsp).adapter as unknown as Members;
            return {
              uid: adapter.uid,
              others: [...adapter.nodesMap.keys()].sort(),
              seen: [...adapter.nodesMap.values()].every(
                (seen) => seen <= Date.now() && seen > Date.now() - 60_000,
              ),
            };
          }, scene.nsp),
        ),
      );
      for (const { uid, others, seen } of members) {
        assert.match(uid, /^[0-9a-f]{16}$/);
        assert.deepEqual(
          others,
          members
            .map((member) => member.uid)
            .filter((other) => other !== uid)
            .sort(),
        );
        assert.ok(seen, "a node was seen at an impossible time");
      }
    },

    "leaves requests and ackRequests readable": async (scene) => {
      const [first] = scene.workers;
      const kinds = await first.run(({ io, NodeClusterAdapter }, nsp) => {
        const adapter = io.of(nsp).adapter as unknown as Members;
        return [
          adapter.requests instanceof Map && adapter.requests.size,
          adapter.ackRequests instanceof Map && adapter.ackRequests.size,
          adapter instanceof NodeClusterAdapter,
        ];
      }, scene.nsp);
      assert.deepEqual(kinds, [0, 0, true]);
    },

    "is not changed by a second init()": async (scene) => {
      const [first] = scene.workers;
      await first.run(({ io }, nsp) => io.of(nsp).adapter.init(), scene.nsp);
      await scene.clients();
      await scene.fence(first);
      for (const worker of scene.workers) {
        assert.equal(await serverCount(worker, scene.nsp), 3);
      }
    },

    "is of a namespace: it counts the workers that have it": async (scene) => {
      const [first, second, third] = scene.workers;
      const nsp = `${scene.nsp}-some`;
      await scene.cluster.formed(nsp, [first, third]);
      assert.equal(await serverCount(first, nsp), 2);
      await scene.cluster.formed(nsp, [second, first, third]);
    },

    "loses an adapter that is closed": async (scene) => {
      const [first, second, third] = scene.workers;
      await third.run(
        ({ io }, nsp) => void io.of(nsp).adapter.close(),
        scene.nsp,
      );
      for (const worker of [first, second]) {
        await waitFor(async () => (await serverCount(worker, scene.nsp)) === 2);
      }
    },

    "gains a worker that is forked, and loses it when it closes": async (
      scene,
    ) => {
      const [first] = scene.workers;
      const [a] = await scene.clients();
      const fourth = await scene.cluster.fork(scene.column.workers[0]);
      try {
        await scene.cluster.formed(scene.nsp);
        const d = await scene.connect(fourth);
        for (const worker of [first, fourth]) {
          await worker.run(
            ({ io }, nsp) => void io.of(nsp).emit("hello"),
            scene.nsp,
          );
          await scene.fence(worker);
        }
        const [atA, , , atD] = await scene.arrived("hello", first);
        assert.ok(a.connected && d.connected);
        assert.deepEqual(
          [atA, atD],
          [
            [[], []],
            [[], []],
          ],
        );
      } finally {
        await fourth.run(({ io }) => io.close());
      }
      for (const nsp of [scene.nsp, "/"]) {
        for (const worker of scene.workers) {
          await waitFor(async () => (await serverCount(worker, nsp)) === 3, {
            message: `worker ${worker.id} counts 3 servers again`,
          });
        }
      }
      await fourth.kill("SIGTERM");
      await fourth.exited;
    },

    "is announced again every heartbeatInterval": waits(async (scene) => {
      const [first, second] = scene.workers;
      const nsp = `${scene.nsp}-beating`;
      const uid = await second.run(
        ({ Server, NodeClusterAdapter, state }, nsp) => {
          const adapter = new NodeClusterAdapter(new Server().of(nsp), {
            heartbeatInterval: 50,
          });
          adapter.init();
          state[nsp] = adapter;
          return (adapter as unknown as Members).uid;
        },
        nsp,
      );
      const lastSeen = () =>
        first.run(
          ({ io }, nsp, uid) =>
            (io.of(nsp).adapter as unknown as Members).nodesMap.get(uid),
          nsp,
          uid,
        );
      let seen = (await waitFor(lastSeen)) ?? 0;
      // shorter than the 5 s of the default
      for (let beats = 0; beats < 3; beats++) {
        seen = await waitFor(
          async () => {
            const now = (await lastSeen()) ?? 0;
            return now > seen ? now : 0;
          },
          { deadline: 4_500 },
        );
      }
    }),

    "loses a node that is silent for heartbeatTimeout": waits(async (scene) => {
      const [first] = scene.workers;
      const nsp = `${scene.nsp}-quiet`;
      await first.run(({ Server, NodeClusterAdapter, state }, nsp) => {
        const adapter = new NodeClusterAdapter(new Server().of(nsp), {
          heartbeatTimeout: 500,
        });
        adapter.init();
        state[nsp] = adapter;
      }, nsp);
      await sayAsSilentNode(scene, HEARTBEAT, nsp);
      const known = () =>
        first.run(
          ({ state }, nsp) => (state[nsp] as Members).nodesMap.has("silent"),
          nsp,
        );
      await waitFor(known, { message: "the node is counted" });
      await waitFor(async () => !(await known()), {
        message: "the node is no longer counted",
        // shorter than the 10 s of the default
        deadline: 8_000,
      });
    }),
  },
};
