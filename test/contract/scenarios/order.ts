import assert from "node:assert/strict";
import { collect } from "../../support/client";
import { waitFor } from "../../support/wait";
import { type Theme, carriesBinary, only } from "../scene";

const COUNT = 200;
const numbers = Array.from({ length: COUNT }, (_, i) => i);

export const order: Theme = {
  name: "the order",
  scenarios: {
    "of each sender's broadcasts is kept at every client": async (scene) => {
      const clients = await scene.clients();
      await Promise.all(
        scene.workers.map((worker) =>
          worker.run(
            ({ io }, nsp, sender, count) => {
              for (let i = 0; i < count; i++) {
                io.of(nsp).emit("n", sender, i);
              }
            },
            scene.nsp,
            worker.index,
            COUNT,
          ),
        ),
      );
      for (const client of clients) {
        const arrived = await collect(client, "n", 3 * COUNT);
        for (const worker of scene.workers) {
          const fromOne = arrived.filter(([sender]) => sender === worker.index);
          assert.deepEqual(
            fromOne.map(([, i]) => i),
            numbers,
          );
        }
      }
    },

    "is kept over many turns of the event loop": async (scene) => {
      const [, second] = scene.workers;
      const clients = await scene.clients();
      await second.run(
        async ({ io }, nsp, count) => {
          for (let i = 0; i < count; i++) {
            io.of(nsp).emit("n", i);
            if (i % 7 === 0) {
              await new Promise((resolve) => setImmediate(resolve));
            }
          }
        },
        scene.nsp,
        COUNT,
      );
      for (const client of clients) {
        const arrived = await collect(client, "n", COUNT);
        assert.deepEqual(
          arrived.map(([i]) => i),
          numbers,
        );
      }
    },

    "is kept whatever the size and the rooms": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      await Promise.all(clients.map((client) => scene.join(client, "room")));
      await first.run(({ io }, nsp) => {
        for (let i = 0; i < 20; i++) {
          const operator = i % 3 ? io.of(nsp).to("room") : io.of(nsp);
          operator.emit("n", i, i % 4 === 0 ? "x".repeat(50_000) : "x");
        }
      }, scene.nsp);
      for (const client of clients) {
        const arrived = await collect(client, "n", 20);
        assert.deepEqual(
          arrived.map(([i]) => i),
          numbers.slice(0, 20),
        );
      }
    },

    "is kept between text and binary": only(carriesBinary, async (scene) => {
      const [, , third] = scene.workers;
      const clients = await scene.clients();
      await third.run(({ io }, nsp) => {
        for (let i = 0; i < 20; i++) {
          io.of(nsp).emit("n", i, i % 2 ? "text" : Buffer.alloc(1000, i));
        }
      }, scene.nsp);
      for (const client of clients) {
        const arrived = await collect(client, "n", 20);
        assert.deepEqual(
          arrived.map(([i]) => i),
          numbers.slice(0, 20),
        );
      }
    }),

    "of one sender's server-side events is kept at every server": async (
      scene,
    ) => {
      const [first, second, third] = scene.workers;
      for (const worker of [second, third]) {
        await worker.run(({ io, state }, nsp) => {
          const seen: number[] = [];
          state[nsp] = seen;
          io.of(nsp).on("n" as "connection", (i) => {
            seen.push(i as unknown as number);
          });
        }, scene.nsp);
      }
      await first.run(
        ({ io }, nsp, count) => {
          for (let i = 0; i < count; i++) {
            io.of(nsp).serverSideEmit("n", i);
          }
        },
        scene.nsp,
        COUNT,
      );
      for (const worker of [second, third]) {
        const seen = await waitFor(async () => {
          const list = await worker.run(
            ({ state }, nsp) => state[nsp] as number[],
            scene.nsp,
          );
          return list.length >= COUNT && list;
        });
        assert.deepEqual(seen, numbers);
      }
    },
  },
};
