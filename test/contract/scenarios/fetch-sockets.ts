import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { type Scene, type Theme, carriesBinary, only, waits } from "../scene";
import { announceSilentNode, sayFarewell } from "./membership";

const idsOf = (clients: Socket[]) => clients.map(({ id }) => id).sort();

export const fetchSockets: Theme = {
  name: "fetching sockets",
  scenarios: {
    "brings those of all workers, from each of them": async (scene) => {
      const clients: Socket[] = await scene.clients();
      clients.push(await scene.connect(scene.workers[2]));
      for (const worker of scene.workers) {
        const ids = await worker.run(
          async ({ io }, nsp) =>
            (await io.of(nsp).fetchSockets()).map(({ id }) => id),
          scene.nsp,
        );
        assert.deepEqual(ids.sort(), idsOf(clients));
      }
    },

    "of a namespace without clients brings none": async (scene) => {
      const count = await scene.workers[0].run(
        async ({ io }, nsp) => (await io.of(nsp).fetchSockets()).length,
        scene.nsp,
      );
      assert.equal(count, 0);
    },

    "of rooms, except for others, brings their members once": async (scene) => {
      const [first] = scene.workers;
      const [a, b, c] = await scene.clients();
      await scene.join(a, "r1", "r2");
      await scene.join(b, "r1", "r2", "out");
      await scene.join(c, "r2", 7);
      const fetched = await first.run(async ({ io }, nsp) => {
        const seven = 7 as unknown as string;
        const sets = await Promise.all([
          io.of(nsp).in("r1").fetchSockets(),
          io.of(nsp).in(["r1", "r2"]).fetchSockets(),
          io.of(nsp).in("r2").except("out").fetchSockets(),
          io.of(nsp).except(["r1", "nobody"]).fetchSockets(),
          io.of(nsp).in(seven).fetchSockets(),
          io.of(nsp).in("7").fetchSockets(),
        ]);
        return sets.map((set) => set.map(({ id }) => id).sort());
      }, scene.nsp);
      assert.deepEqual(fetched, [
        idsOf([a, b]),
        idsOf([a, b, c]),
        idsOf([a, c]),
        idsOf([c]),
        idsOf([c]),
        [],
      ]);
    },

    "that is local brings those of its worker": async (scene) => {
      const [, second] = scene.workers;
      const [, b] = await scene.clients();
      const ids = await second.run(
        async ({ io }, nsp) =>
          (await io.of(nsp).local.fetchSockets()).map(({ id }) => id),
        scene.nsp,
      );
      assert.deepEqual(ids, [b.id]);
    },

    "brings their rooms, their data and their handshake": async (scene) => {
      const [first, second, third] = scene.workers;
      for (const worker of scene.workers) {
        await worker.run(
          ({ io }, nsp, index) => {
            io.of(nsp).on("connection", (socket) => {
              socket.data = {
                worker: index,
                nested: { list: [1, null, "é"], yes: true },
              };
              void socket.join(["r", `r${index}`]);
            });
          },
          scene.nsp,
          worker.index,
        );
      }
      for (const worker of [first, second, third]) {
        await scene.connect(worker, {
          auth: { token: `t${worker.index}` },
          query: { from: "test" },
          extraHeaders: { "x-kind": "contract" },
        });
      }
      const fetched = await first.run(async ({ io }, nsp) => {
        const sockets = await io.of(nsp).fetchSockets();
        return sockets.map(({ id, rooms, data, handshake }) => ({
          rooms: [...rooms].filter((room) => room !== id).sort(),
          ownRoom: rooms.has(id),
          data: data as { worker: number },
          auth: handshake.auth,
          from: handshake.query.from,
          kind: handshake.headers["x-kind"],
          address: handshake.address,
          xdomain: handshake.xdomain,
          issued: typeof handshake.issued,
        }));
      }, scene.nsp);
      fetched.sort((x, y) => x.data.worker - y.data.worker);
      assert.deepEqual(
        fetched,
        [0, 1, 2].map((i) => ({
          rooms: ["r", `r${i}`],
          ownRoom: true,
          data: { worker: i, nested: { list: [1, null, "é"], yes: true } },
          auth: { token: `t${i}` },
          from: "test",
          kind: "contract",
          address: "127.0.0.1",
          xdomain: false,
          issued: "number",
        })),
      );
    },

    "leaves out the session store of the handshake": async (scene) => {
      const [first, second] = scene.workers;
      await second.run(({ io }, nsp) => {
        io.of(nsp).on("connection", (socket) => {
          const store: Record<string, unknown> = {};
          store.circular = store;
          Object.assign(socket.handshake, {
            sessionStore: store,
            sessionID: 1,
          });
        });
      }, scene.nsp);
      await scene.connect(second);
      const handshakes = await first.run(async ({ io }, nsp) => {
        const sockets = await io.of(nsp).fetchSockets();
        return sockets.map(({ handshake }) => [
          "sessionStore" in handshake,
          (handshake as unknown as { sessionID: number }).sessionID,
        ]);
      }, scene.nsp);
      assert.deepEqual(handshakes, [[false, 1]]);
    },

    "brings Buffers in their data": only(carriesBinary, async (scene) => {
      const [first, second] = scene.workers;
      const client = await scene.connect(second);
      await second.run(
        ({ io }, nsp, id) => {
          const socket = io.of(nsp).sockets.get(id);
          Object.assign(socket ?? {}, { data: { key: Buffer.from("key") } });
        },
        scene.nsp,
        client.id as string,
      );
      const key = await first.run(async ({ io }, nsp) => {
        const [socket] = await io.of(nsp).fetchSockets();
        const key: unknown = socket?.data.key;
        return Buffer.isBuffer(key) && key.toString();
      }, scene.nsp);
      assert.equal(key, "key");
    }),

    "finds the clients that have just come and not those that have gone":
      async (scene) => {
        const [first, second] = scene.workers;
        const [a, b, c] = await scene.clients();
        await second.run(
          ({ io }, nsp, id) => void io.of(nsp).sockets.get(id)?.disconnect(),
          scene.nsp,
          b.id as string,
        );
        const d = await scene.connect(second);
        assert.deepEqual(await fetchIds(scene), idsOf([a, c, d]));
        assert.equal(first.exit, undefined);
      },

    "may go on several times at once": async (scene) => {
      const clients = await scene.clients();
      const fetched = await Promise.all(
        scene.workers.map((worker) =>
          worker.run(async ({ io }, nsp) => {
            const rounds = await Promise.all(
              Array.from({ length: 10 }, () => io.of(nsp).fetchSockets()),
            );
            return rounds.map((round) => round.map(({ id }) => id).sort());
          }, scene.nsp),
        ),
      );
      for (const rounds of fetched) {
        assert.deepEqual(rounds, Array(10).fill(idsOf(clients)));
      }
    },

    "within a timeout brings them when all workers answer": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      const ids = await first.run(
        async ({ io }, nsp) =>
          (await io.of(nsp).timeout(15_000).fetchSockets()).map(({ id }) => id),
        scene.nsp,
      );
      assert.deepEqual(ids.sort(), idsOf(clients));
    },

    "fails after its own timeout when a node does not answer": waits(
      async (scene) => {
        const [first] = scene.workers;
        await scene.clients();
        await announceSilentNode(scene);
        const outcome = await first.run(({ io }, nsp) => {
          const fetch = (timeout: number) =>
            io
              .of(nsp)
              .timeout(timeout)
              .fetchSockets()
              .then(
                () => "fetched",
                ({ message }: Error) => [timeout, message],
              );
          return Promise.race([fetch(60_000), fetch(1_500)]);
        }, scene.nsp);
        assert.deepEqual(outcome, [
          1_500,
          "timeout reached: missing 1 responses",
        ]);
      },
    ),

    "does not wait for a node that has said goodbye": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      await announceSilentNode(scene);
      const fetched = first.run(
        async ({ io }, nsp) =>
          (await io.of(nsp).timeout(15_000).fetchSockets()).map(({ id }) => id),
        scene.nsp,
      );
      // the request is under way when the next thing runs there
      await first.run(() => {});
      await sayFarewell(scene);
      assert.deepEqual((await fetched).sort(), idsOf(clients));
    },
  },
};

function fetchIds(scene: Scene): Promise<string[]> {
  return scene.workers[0].run(
    async ({ io }, nsp) =>
      (await io.of(nsp).fetchSockets()).map(({ id }) => id).sort(),
    scene.nsp,
  );
}
