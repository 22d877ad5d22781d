import assert from "node:assert/strict";
import { type Column, type Theme, carriesBinary, only } from "../scene";

const allPublished = ({ workers }: Column) =>
  workers.every((kind) => kind === "published");

export const payloads: Theme = {
  name: "a payload",
  scenarios: {
    "may be empty, or of many arguments": async (scene) => {
      const [first] = scene.workers;
      await scene.clients();
      await first.run(({ io }, nsp) => {
        io.of(nsp).emit("p");
        io.of(nsp).emit("p", ...Array.from({ length: 50 }, (_, i) => i));
        io.of(nsp).emit("p", [], {}, "");
      }, scene.nsp);
      const expected = [
        [],
        Array.from({ length: 50 }, (_, i) => i),
        [[], {}, ""],
      ];
      assert.deepEqual(
        await scene.arrived("p", first),
        Array(3).fill(expected),
      );
    },

    "of undefined and null arrives as JSON makes it": async (scene) => {
      const [first] = scene.workers;
      await scene.clients();
      await first.run(({ io }, nsp) => {
        io.of(nsp).emit("p", undefined);
        io.of(nsp).emit("p", null, undefined, 0, false, "");
        io.of(nsp).emit("p", { a: undefined, b: null, c: [undefined, null] });
      }, scene.nsp);
      const expected = [
        [null],
        [null, null, 0, false, ""],
        [{ b: null, c: [null, null] }],
      ];
      assert.deepEqual(
        await scene.arrived("p", first),
        Array(3).fill(expected),
      );
    },

    "of numbers and dates arrives as JSON makes it": async (scene) => {
      const [first] = scene.workers;
      await scene.clients();
      await first.run(({ io }, nsp) => {
        io.of(nsp).emit("p", 0.1, -1e300, 2 ** 53 - 1, NaN, Infinity);
        io.of(nsp).emit("p", { at: new Date(86_400_000) });
      }, scene.nsp);
      const expected = [
        [0.1, -1e300, 2 ** 53 - 1, null, null],
        [{ at: "1970-01-02T00:00:00.000Z" }],
      ];
      assert.deepEqual(
        await scene.arrived("p", first),
        Array(3).fill(expected),
      );
    },

    "may be deeply nested": async (scene) => {
      const [first] = scene.workers;
      await scene.clients();
      await first.run(({ io }, nsp) => {
        let nested: unknown = "core";
        for (let i = 0; i < 100; i++) {
          nested = i % 2 ? [nested, i] : { [`k${i}`]: nested };
        }
        io.of(nsp).emit("p", nested);
      }, scene.nsp);
      let nested: unknown = "core";
      for (let i = 0; i < 100; i++) {
        nested = i % 2 ? [nested, i] : { [`k${i}`]: nested };
      }
      assert.deepEqual(
        await scene.arrived("p", first),
        Array(3).fill([[nested]]),
      );
    },

    "and its event's and room's names may be any unicode": async (scene) => {
      const [first] = scene.workers;
      const [a, b, c] = await scene.clients();
      const text = 'ñ 漢字 🦊 \u2028 \u0000 " \\ \u{10ffff} \ud800';
      await Promise.all([a, b, c].map((client) => scene.join(client, text)));
      await first.run(
        ({ io }, nsp, name) => {
          io.of(nsp)
            .to(name)
            .emit(name, name, { [name]: [name] });
        },
        scene.nsp,
        text,
      );
      assert.deepEqual(
        await scene.arrived(text, first),
        Array(3).fill([[text, { [text]: [text] }]]),
      );
    },

    "of a megabyte arrives whole": async (scene) => {
      const [, second] = scene.workers;
      await scene.clients();
      await second.run(({ io }, nsp) => {
        io.of(nsp).emit("p", "0123456789abcdef".repeat(1 << 16), ["é"]);
      }, scene.nsp);
      const expected = ["0123456789abcdef".repeat(1 << 16), ["é"]];
      for (const events of await scene.arrived("p", second)) {
        assert.equal(events.length, 1);
        assert.ok(events[0]?.[0] === expected[0], "the megabyte is changed");
        assert.deepEqual(events[0]?.[1], expected[1]);
      }
    },

    "is not changed by what the sender does to it afterwards": async (
      scene,
    ) => {
      const [first] = scene.workers;
      const [a] = await scene.clients();
      await first.run(({ io }, nsp) => {
        const payload = { n: 1, list: [1] };
        io.of(nsp).emit("p", payload);
        payload.n = 2;
        payload.list.push(2);
      }, scene.nsp);
      const arrived = await scene.arrived("p", first);
      assert.ok(a.connected);
      assert.deepEqual(
        arrived.slice(1),
        Array(2).fill([[{ n: 1, list: [1] }]]),
      );
    },

    "of Buffers arrives as Buffers": only(carriesBinary, async (scene) => {
      const [first] = scene.workers;
      await scene.clients();
      await first.run(({ io }, nsp) => {
        const large = Buffer.alloc(100_000, "x");
        io.of(nsp).emit("p", Buffer.from([1, 2, 3]));
        io.of(nsp).emit("p", { a: [Buffer.from("é")], b: Buffer.alloc(0) });
        io.of(nsp).emit("p", "text", large, large.subarray(7, 9), 1);
      }, scene.nsp);
      const large = Buffer.alloc(100_000, "x");
      const expected = [
        [Buffer.from([1, 2, 3])],
        [{ a: [Buffer.from("é")], b: Buffer.alloc(0) }],
        ["text", large, large.subarray(7, 9), 1],
      ];
      assert.deepEqual(
        await scene.arrived("p", first),
        Array(3).fill(expected),
      );
    }),

    "of typed arrays and ArrayBuffers arrives as Buffers": only(
      carriesBinary,
      async (scene) => {
        const [first] = scene.workers;
        await scene.clients();
        await first.run(({ io }, nsp) => {
          const bytes = Uint8Array.from([9, 8, 7, 6]);
          io.of(nsp).emit("p", bytes, bytes.subarray(1, 3));
          io.of(nsp).emit("p", { buffer: bytes.buffer });
        }, scene.nsp);
        const expected = [
          [Buffer.from([9, 8, 7, 6]), Buffer.from([8, 7])],
          [{ buffer: Buffer.from([9, 8, 7, 6]) }],
        ];
        assert.deepEqual(
          await scene.arrived("p", first),
          Array(3).fill(expected),
        );
      },
    ),

    "of Buffers arrives on other workers as their JSON form": only(
      (column) => !carriesBinary(column) && allPublished(column),
      async (scene) => {
        const [first] = scene.workers;
        await scene.clients();
        await first.run(
          ({ io }, nsp) => void io.of(nsp).emit("p", Buffer.from([1, 2])),
          scene.nsp,
        );
        const form = { type: "Buffer", data: [1, 2] };
        assert.deepEqual(await scene.arrived("p", first), [
          [[Buffer.from([1, 2])]],
          [[form]],
          [[form]],
        ]);
      },
    ),
  },
};
