import assert from "node:assert/strict";
import { collect, onceEvent } from "../../support/client";
import type { Theme } from "../scene";

type Done = (...args: unknown[]) => void;

export const parser: Theme = {
  name: "another parser",
  scenarios: {
    "carries what JSON cannot": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      await first.run(({ io }, nsp) => {
        io.of(nsp).emit("p", Infinity, { a: [1.5, "é", null, true] });
        io.of(nsp).emit("p", Buffer.from([1, 2]), [{ b: Buffer.from("x") }]);
      }, scene.nsp);
      for (const client of clients) {
        const [plain, binary] = await collect(client, "p", 2);
        assert.deepEqual(plain, [Infinity, { a: [1.5, "é", null, true] }]);
        const [one, [two]] = binary as [Uint8Array, [{ b: Uint8Array }]];
        assert.equal(Buffer.from(one).toString("hex"), "0102");
        assert.equal(Buffer.from(two.b).toString(), "x");
      }
    },

    "is used for rooms and acknowledgements too": async (scene) => {
      const [, second] = scene.workers;
      const [a, b, c] = await scene.clients();
      [a, b, c].forEach((client, i) => {
        client.on("ask", (n: number, done: Done) => done({ [`c${i}`]: n }));
      });
      await second.run(({ io }, nsp) => {
        io.of(nsp).socketsJoin("room");
        io.of(nsp).to("room").emit("joined", 1);
      }, scene.nsp);
      for (const client of [a, b, c]) {
        assert.deepEqual(await onceEvent(client, "joined"), [1]);
      }
      const answers = await second.run(
        ({ io }, nsp) =>
          io.of(nsp).to("room").timeout(10_000).emitWithAck("ask", 7),
        scene.nsp,
      );
      const texts = answers.map((answer: unknown) => JSON.stringify(answer));
      assert.deepEqual(texts.sort(), ['{"c0":7}', '{"c1":7}', '{"c2":7}']);
    },

    "does not touch what goes between servers": async (scene) => {
      const [first, second, third] = scene.workers;
      const clients = await scene.clients();
      for (const worker of [second, third]) {
        await worker.run(({ io }, nsp) => {
          io.of(nsp).on("ask" as "connection", (...args: unknown[]) => {
            const [n, done] = args as [number, Done];
            done(n + 1);
          });
        }, scene.nsp);
      }
      const [answers, ids] = await first.run(
        async ({ io }, nsp) => [
          await io.of(nsp).serverSideEmitWithAck("ask", 1),
          (await io.of(nsp).fetchSockets()).map(({ id }) => id).sort(),
        ],
        scene.nsp,
      );
      assert.deepEqual(answers, [2, 2]);
      assert.deepEqual(ids, clients.map(({ id }) => id).sort());
    },
  },
};
