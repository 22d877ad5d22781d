import assert from "node:assert/strict";
import { waitFor } from "../../support/wait";
import type { TestWorker } from "../../support/worker";
import {
  type Scene,
  type Theme,
  carriesBinary,
  isMixed,
  only,
  waits,
} from "../scene";

/** The worker remembers the arguments of every "note" and answers every "ask". */
async function listen(scene: Scene, worker: TestWorker): Promise<void> {
  await worker.run(
    ({ io, state }, nsp, index) => {
      const notes: unknown[] = [];
      state[nsp] = notes;
      io.of(nsp).on("note" as "connection", (...args: unknown[]) => {
        notes.push(args);
      });
      io.of(nsp).on("ask" as "connection", (...args: unknown[]) => {
        const done = args.pop() as (answer: unknown) => void;
        done({ worker: index, args });
      });
    },
    scene.nsp,
    worker.index,
  );
}

function notesOf(scene: Scene, worker: TestWorker): Promise<unknown[]> {
  return worker.run(({ state }, nsp) => state[nsp] as unknown[], scene.nsp);
}

export const serverSideEmit: Theme = {
  name: "a server-side event",
  scenarios: {
    "reaches the other servers, with its arguments": async (scene) => {
      const [first, second, third] = scene.workers;
      for (const worker of scene.workers) {
        await listen(scene, worker);
      }
      await first.run(({ io }, nsp) => {
        io.of(nsp).serverSideEmit("note", 1, "two", { three: [null, "é"] });
        io.of(nsp).serverSideEmit("note");
      }, scene.nsp);
      for (const worker of [second, third]) {
        await waitFor(async () => (await notesOf(scene, worker)).length >= 2);
        assert.deepEqual(await notesOf(scene, worker), [
          [1, "two", { three: [null, "é"] }],
          [],
        ]);
      }
      assert.deepEqual(await notesOf(scene, first), []);
    },

    "stays in its namespace": async (scene) => {
      const [first, second] = scene.workers;
      await listen(scene, second);
      const other = `${scene.nsp}-other`;
      await scene.cluster.formed(other);
      await first.run(
        ({ io }, nsp, other) => {
          io.of(other).serverSideEmit("note", "there");
          io.of(nsp).serverSideEmit("note", "here");
        },
        scene.nsp,
        other,
      );
      await waitFor(async () => (await notesOf(scene, second)).length > 0);
      assert.deepEqual(await notesOf(scene, second), [["here"]]);
    },

    "with a callback has an answer of every other server": async (scene) => {
      for (const worker of scene.workers) {
        await listen(scene, worker);
      }
      for (const worker of scene.workers) {
        const [error, answers] = await worker.run(
          ({ io }, nsp) =>
            new Promise<[unknown, Array<{ worker: number }>]>((resolve) => {
              io.of(nsp).serverSideEmit(
                "ask",
                "x",
                2,
                (error: unknown, answers: Array<{ worker: number }>) =>
                  resolve([error, answers]),
              );
            }),
          scene.nsp,
        );
        assert.equal(error, null);
        assert.deepEqual(
          answers.sort((x, y) => x.worker - y.worker),
          scene.workers
            .filter((other) => other !== worker)
            .map(({ index }) => ({ worker: index, args: ["x", 2] })),
        );
      }
    },

    "may be awaited": async (scene) => {
      const [first, second, third] = scene.workers;
      await listen(scene, second);
      await listen(scene, third);
      const answers = await first.run(
        ({ io }, nsp) => io.of(nsp).serverSideEmitWithAck("ask"),
        scene.nsp,
      );
      assert.deepEqual(
        answers.map(({ worker }: { worker: number }) => worker).sort(),
        [1, 2],
      );
    },

    "counts the first answer of each server only": async (scene) => {
      const [first, second, third] = scene.workers;
      for (const worker of [second, third]) {
        await worker.run(
          ({ io }, nsp, index) => {
            io.of(nsp).on("ask" as "connection", (done) => {
              const answer = done as unknown as (...args: unknown[]) => void;
              answer(`${index}-1`, "ignored");
              answer(`${index}-2`);
              answer(`${index}-3`);
            });
          },
          scene.nsp,
          worker.index,
        );
      }
      const answers = await first.run(
        ({ io }, nsp) => io.of(nsp).serverSideEmitWithAck("ask"),
        scene.nsp,
      );
      assert.deepEqual(answers.sort(), ["1-1", "2-1"]);
    },

    "may be answered with nothing, with null and later": async (scene) => {
      const [first, second, third] = scene.workers;
      await second.run(({ io }, nsp) => {
        io.of(nsp).on("ask" as "connection", (done) => {
          (done as unknown as () => void)();
        });
      }, scene.nsp);
      await third.run(({ io }, nsp) => {
        io.of(nsp).on("ask" as "connection", (done) => {
          setImmediate(done as unknown as (answer: null) => void, null);
        });
      }, scene.nsp);
      const answers = await first.run(
        async ({ io }, nsp) =>
          (await io.of(nsp).serverSideEmitWithAck("ask")).map(
            (answer: unknown) => answer ?? "nothing",
          ),
        scene.nsp,
      );
      assert.deepEqual(answers, ["nothing", "nothing"]);
    },

    "goes on beside others without mixing the answers": async (scene) => {
      for (const worker of scene.workers) {
        await listen(scene, worker);
      }
      const all = await Promise.all(
        scene.workers.map((worker) =>
          worker.run(
            ({ io }, nsp, who) =>
              Promise.all(
                Array.from({ length: 10 }, (_, i) =>
                  io.of(nsp).serverSideEmitWithAck("ask", who, i),
                ),
              ),
            scene.nsp,
            worker.index,
          ),
        ),
      );
      all.forEach((rounds, who) => {
        rounds.forEach((answers, i) => {
          answers.sort(
            (x: { worker: number }, y: { worker: number }) =>
              x.worker - y.worker,
          );
          assert.deepEqual(
            answers,
            [0, 1, 2]
              .filter((worker) => worker !== who)
              .map((worker) => ({ worker, args: [who, i] })),
          );
        });
      });
    },

    "without another server has no answers and no error": async (scene) => {
      const [first] = scene.workers;
      const result = await first.run(async ({ io }, nsp) => {
        const alone = io.of(`${nsp}-alone`);
        return alone.serverSideEmitWithAck("ask");
      }, scene.nsp);
      assert.deepEqual(result, []);
    },

    "may not have a reserved name": async (scene) => {
      const [first] = scene.workers;
      await assert.rejects(
        first.run(
          ({ io }, nsp) => void io.of(nsp).serverSideEmit("connection"),
          scene.nsp,
        ),
        /"connection" is a reserved event name/,
      );
    },

    "carries Buffers both ways": only(carriesBinary, async (scene) => {
      const [first, second, third] = scene.workers;
      for (const worker of [second, third]) {
        await worker.run(({ io }, nsp) => {
          io.of(nsp).on("ask" as "connection", (...args: unknown[]) => {
            const [question, done] = args as [Buffer, (b: Buffer) => void];
            done(Buffer.concat([question, Buffer.from("!")]));
          });
        }, scene.nsp);
      }
      const answers = await first.run(async ({ io }, nsp) => {
        const answers: Buffer[] = await io
          .of(nsp)
          .serverSideEmitWithAck("ask", Buffer.from("é"));
        return answers.map((b) => Buffer.isBuffer(b) && b.toString());
      }, scene.nsp);
      assert.deepEqual(answers, ["é!", "é!"]);
    }),

    "that a server does not answer fails after 5 s with the other answers":
      waits(
        async (scene) => {
          const [first, second, third] = scene.workers;
          await listen(scene, first);
          await listen(scene, second);
          await third.run(({ io }, nsp) => {
            io.of(nsp).on("ask" as "connection", () => {});
          }, scene.nsp);
          const ofCallback = first.run(
            ({ io }, nsp) =>
              new Promise<[string, unknown]>((resolve) => {
                io.of(nsp).serverSideEmit(
                  "ask",
                  (error: Error, partial: unknown) =>
                    resolve([error.message, partial]),
                );
              }),
            scene.nsp,
          );
          const ofPromise = second.run(
            ({ io }, nsp) =>
              io
                .of(nsp)
                .serverSideEmitWithAck("ask")
                .catch((error: Error & { responses: unknown }) => [
                  error.message,
                  error.responses,
                ]),
            scene.nsp,
          );
          assert.deepEqual(await ofCallback, [
            "timeout reached: missing 1 responses",
            [{ worker: 1, args: [] }],
          ]);
          assert.deepEqual(await ofPromise, [
            "timeout reached: missing 1 responses",
            [{ worker: 0, args: [] }],
          ]);
        },
        // it costs 5 s: there, workers of both kinds ask under either primary
        (column) => isMixed(column) && column.serialization === "advanced",
      ),
  },
};
