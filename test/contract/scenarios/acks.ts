import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { waitFor } from "../../support/wait";
import { type Theme, carriesBinary, only, waits } from "../scene";

type Done = (...args: unknown[]) => void;

/** The clients answer "ask" with their letter and what they were asked. */
function answering(clients: Socket[]): void {
  clients.forEach((client, i) => {
    const letter = "abcdefgh"[i];
    client.on("ask", (question: string | number, done: Done) => {
      done(`${letter}: ${question}`);
    });
  });
}

export const acks: Theme = {
  name: "a broadcast with acknowledgements",
  scenarios: {
    "collects the answers of the clients of all workers": async (scene) => {
      const [first, second] = scene.workers;
      const clients = await scene.clients();
      clients.push(await scene.connect(second));
      answering(clients);
      for (const worker of scene.workers) {
        const answers = await worker.run(
          ({ io }, nsp) => io.of(nsp).timeout(10_000).emitWithAck("ask", "who"),
          scene.nsp,
        );
        assert.deepEqual(answers.sort(), [
          "a: who",
          "b: who",
          "c: who",
          "d: who",
        ]);
      }
      const [error, answers] = await first.run(
        ({ io }, nsp) =>
          new Promise<unknown[]>((resolve) => {
            io.of(nsp)
              .timeout(10_000)
              .emit("ask", "callback", (...args: unknown[]) => resolve(args));
          }),
        scene.nsp,
      );
      assert.equal(error, null);
      assert.equal((answers as unknown[]).length, 4);
    },

    "asks the members of the rooms only": async (scene) => {
      const [first] = scene.workers;
      const [a, b, c] = await scene.clients();
      answering([a, b, c]);
      await scene.join(a, "room", "except");
      await scene.join(b, "room");
      await scene.join(c, "room");
      const answers = await first.run(
        ({ io }, nsp) =>
          io
            .of(nsp)
            .to("room")
            .except("except")
            .timeout(10_000)
            .emitWithAck("ask", 1),
        scene.nsp,
      );
      assert.deepEqual(answers.sort(), ["b: 1", "c: 1"]);
    },

    "from a socket does not ask its own client": async (scene) => {
      const [, second] = scene.workers;
      const clients = await scene.clients();
      answering(clients);
      const answers = await second.run(
        ({ io }, nsp, id) =>
          io
            .of(nsp)
            .sockets.get(id)
            ?.broadcast.timeout(10_000)
            .emitWithAck("ask", 1),
        scene.nsp,
        clients[1].id as string,
      );
      assert.deepEqual(answers?.sort(), ["a: 1", "c: 1"]);
    },

    "with no client to ask has no answers and no error": async (scene) => {
      const [first] = scene.workers;
      const [error, answers] = await first.run(
        ({ io }, nsp) =>
          new Promise<unknown[]>((resolve) => {
            io.of(nsp)
              .timeout(10_000)
              .emit("ask", (...args: unknown[]) => resolve(args));
          }),
        scene.nsp,
      );
      assert.equal(error, null);
      assert.deepEqual(answers, []);
    },

    "brings back one value of whatever kind from each client": async (
      scene,
    ) => {
      const [first] = scene.workers;
      const [a, b, c] = await scene.clients();
      a.on("ask", (done: Done) => done());
      b.on("ask", (done: Done) => done(null));
      c.on("ask", (done: Done) => done({ deep: [1, { er: "é" }] }, "ignored"));
      const answers = await first.run(
        ({ io }, nsp) => io.of(nsp).timeout(10_000).emitWithAck("ask"),
        scene.nsp,
      );
      const texts = answers.map((answer: unknown) => JSON.stringify(answer));
      assert.deepEqual(texts.sort(), [
        "null",
        "null",
        '{"deep":[1,{"er":"é"}]}',
      ]);
    },

    "runs beside others of its kind without mixing the answers": async (
      scene,
    ) => {
      const clients = await scene.clients();
      answering(clients);
      const all = await Promise.all(
        scene.workers.map((worker) =>
          worker.run(
            ({ io }, nsp, who) =>
              Promise.all(
                Array.from({ length: 10 }, (_, i) =>
                  io.of(nsp).timeout(10_000).emitWithAck("ask", `${who}-${i}`),
                ),
              ),
            scene.nsp,
            worker.index,
          ),
        ),
      );
      all.forEach((rounds, who) => {
        rounds.forEach((answers, i) => {
          assert.deepEqual(
            answers.sort(),
            ["a", "b", "c"].map((letter) => `${letter}: ${who}-${i}`),
          );
        });
      });
    },

    "brings back Buffers": only(carriesBinary, async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      clients.forEach((client, i) => {
        client.on("ask", (question: Buffer, done: Done) => {
          done({ echo: question, own: Buffer.alloc(3, i) });
        });
      });
      const answers = await first.run(async ({ io }, nsp) => {
        const question = Buffer.from("question");
        const answers = (await io
          .of(nsp)
          .timeout(10_000)
          .emitWithAck("ask", question)) as Array<Record<string, unknown>>;
        return answers.map(({ echo, own }) => ({
          buffers: Buffer.isBuffer(echo) && Buffer.isBuffer(own),
          echo: String(echo),
          own: (own as Buffer).toString("hex"),
        }));
      }, scene.nsp);
      answers.sort((x, y) => (x.own < y.own ? -1 : 1));
      assert.deepEqual(
        answers,
        ["000000", "010101", "020202"].map((own) => ({
          buffers: true,
          echo: "question",
          own,
        })),
      );
    }),

    "through a RemoteSocket has the one answer of that client": async (
      scene,
    ) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      answering(clients);
      for (const [i, client] of clients.entries()) {
        const answer = await first.run(
          async ({ io }, nsp, id) => {
            const sockets = await io.of(nsp).in(id).fetchSockets();
            return sockets[0]
              ?.timeout(10_000)
              .emitWithAck("ask", sockets.length);
          },
          scene.nsp,
          client.id as string,
        );
        assert.equal(answer, `${"abc"[i]}: 1`);
      }
    },

    "that not all answer in time fails with the answers that came": waits(
      async (scene) => {
        const [first] = scene.workers;
        const [a, b, c] = await scene.clients();
        answering([a, b]);
        c.on("ask", () => {});
        const failed = await first.run(
          ({ io }, nsp) =>
            io
              .of(nsp)
              .timeout(1_500)
              .emitWithAck("ask", 1)
              .then(
                (): never => {
                  throw new Error("resolved");
                },
                (error: Error & { responses: string[] }) => ({
                  message: error.message,
                  responses: error.responses,
                }),
              ),
          scene.nsp,
        );
        assert.equal(failed.message, "operation has timed out");
        assert.deepEqual(failed.responses.sort(), ["a: 1", "b: 1"]);
      },
    ),

    "is forgotten after its timeout": waits(async (scene) => {
      const [first] = scene.workers;
      answering(await scene.clients());
      const pending = () =>
        first.run(
          ({ io }, nsp) =>
            (
              io.of(nsp).adapter as unknown as {
                ackRequests: Map<string, unknown>;
              }
            ).ackRequests.size,
          scene.nsp,
        );
      const during = await first.run(async ({ io }, nsp) => {
        const { adapter } = io.of(nsp);
        const answers = io.of(nsp).timeout(1_000).emitWithAck("ask", 1);
        const { size } = (
          adapter as unknown as { ackRequests: Map<string, unknown> }
        ).ackRequests;
        await answers;
        return size;
      }, scene.nsp);
      assert.equal(during, 1);
      await waitFor(async () => (await pending()) === 0);
    }),

    "through a RemoteSocket that does not answer in time fails": waits(
      async (scene) => {
        const [first] = scene.workers;
        const [, b] = await scene.clients();
        b.on("ask", () => {});
        const failed = await first.run(
          async ({ io }, nsp, id) => {
            const [socket] = await io.of(nsp).in(id).fetchSockets();
            return new Promise<unknown[]>((resolve) => {
              socket
                ?.timeout(1_000)
                .emit("ask", (error: Error, answer: unknown) => {
                  resolve([error.message, answer]);
                });
            });
          },
          scene.nsp,
          b.id as string,
        );
        assert.deepEqual(failed, ["operation has timed out", null]);
      },
    ),
  },
};
