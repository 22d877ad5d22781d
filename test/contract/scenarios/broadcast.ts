import assert from "node:assert/strict";
import type fs from "node:fs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Theme } from "../scene";

const NOTHING: unknown[][] = [];

export const broadcast: Theme = {
  name: "a broadcast",
  scenarios: {
    "of the main namespace reaches the clients of every worker": async (
      scene,
    ) => {
      const clients = await Promise.all(
        scene.workers.map((worker) => scene.connectTo(worker, "/")),
      );
      for (const worker of scene.workers) {
        await worker.run(({ io }) => void io.emit("hello", 1, "two", [3]));
        const arrived = await scene.arrived("hello", worker, "/", clients);
        const once = [1, "two", [3]];
        const times = worker.index + 1;
        for (const events of arrived) {
          assert.deepEqual(events, Array(times).fill(once));
        }
      }
    },

    "of another namespace reaches its clients only": async (scene) => {
      const [first, second] = scene.workers;
      await scene.clients();
      const outsider = await scene.connectTo(second, "/");
      await first.run(
        ({ io }, nsp) => void io.of(nsp).emit("hello"),
        scene.nsp,
      );
      assert.deepEqual(await scene.arrived("hello", first), [[[]], [[]], [[]]]);
      const elsewhere = await scene.arrived("hello", first, "/", [outsider]);
      assert.deepEqual(elsewhere, [NOTHING]);
    },

    "reaches the clients of other workers while the code that follows it runs":
      async (scene) => {
        const [first, second] = scene.workers;
        const client = await scene.connect(second);
        const folder = mkdtempSync(join(tmpdir(), "broadcast-"));
        const file = join(folder, "arrived");
        client.once("early", () => writeFileSync(file, ""));
        try {
          const isEarly = await first.run(
            ({ io, require }, nsp, path) => {
              const { existsSync } = require("node:fs") as typeof fs;
              const start = performance.now();
              // the second one counts, if others have just sent something
              for (let sent = 0; !existsSync(path);) {
                const elapsed = performance.now() - start;
                if (elapsed > 10_000) {
                  return false;
                }
                if (elapsed >= sent * 50 && sent < 2) {
                  io.of(nsp).emit("early");
                  sent++;
                }
              }
              return true;
            },
            scene.nsp,
            file,
          );
          assert.ok(isEarly);
        } finally {
          rmSync(folder, { recursive: true });
        }
      },

    "to a room reaches its members on every worker": async (scene) => {
      const [first] = scene.workers;
      const [a, , c] = await scene.clients();
      await scene.join(a, "room");
      await scene.join(c, "room", "another");
      await first.run(
        ({ io }, nsp) => void io.of(nsp).to("room").emit("hello", 1),
        scene.nsp,
      );
      assert.deepEqual(await scene.arrived("hello", first), [
        [[1]],
        NOTHING,
        [[1]],
      ]);
    },

    "to a room whose members are all elsewhere reaches them": async (scene) => {
      const [first] = scene.workers;
      const [, b, c] = await scene.clients();
      await scene.join(b, "room");
      await scene.join(c, "room");
      await first.run(
        ({ io }, nsp) => void io.of(nsp).to("room").emit("hello"),
        scene.nsp,
      );
      assert.deepEqual(await scene.arrived("hello", first), [
        NOTHING,
        [[]],
        [[]],
      ]);
    },

    "to several rooms arrives once at a member of several": async (scene) => {
      const [, second] = scene.workers;
      const [a, b, c] = await scene.clients();
      await scene.join(a, "r1", "r2", "r3");
      await scene.join(b, "r3");
      await scene.join(c, "r2");
      await second.run(({ io }, nsp) => {
        io.of(nsp).to(["r1", "r2"]).emit("array", 1);
        io.of(nsp).to("r1").to("r2").in("r3").emit("chain", 2);
        io.of(nsp).to("nobody").emit("array", 3);
      }, scene.nsp);
      assert.deepEqual(await scene.arrived("array", second), [
        [[1]],
        NOTHING,
        [[1]],
      ]);
      assert.deepEqual(await scene.arrived("chain", second), [
        [[2]],
        [[2]],
        [[2]],
      ]);
    },

    "except for rooms leaves out their members": async (scene) => {
      const [, , third] = scene.workers;
      const [a, b, c] = await scene.clients();
      await scene.join(a, "r1", "out");
      await scene.join(b, "r1", "r2");
      await scene.join(c, "r2", "away");
      await third.run(({ io }, nsp) => {
        io.of(nsp).except("out").emit("one");
        io.of(nsp).except(["out", "away"]).emit("two");
        io.of(nsp).to("r1").except("out").emit("room");
      }, scene.nsp);
      assert.deepEqual(await scene.arrived("one", third), [
        NOTHING,
        [[]],
        [[]],
      ]);
      assert.deepEqual(await scene.arrived("two", third), [
        NOTHING,
        [[]],
        NOTHING,
      ]);
      assert.deepEqual(await scene.arrived("room", third), [
        NOTHING,
        [[]],
        NOTHING,
      ]);
    },

    "to a socket id reaches that client, on whatever worker it is": async (
      scene,
    ) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      await first.run(
        ({ io }, nsp, ids) => {
          ids.forEach((id, i) => io.of(nsp).to(id).emit("private", i));
        },
        scene.nsp,
        clients.map((client) => client.id as string),
      );
      assert.deepEqual(await scene.arrived("private", first), [
        [[0]],
        [[1]],
        [[2]],
      ]);
    },

    "from a socket leaves out its own client": async (scene) => {
      const [, second] = scene.workers;
      const [a, b, c] = await scene.clients();
      await scene.join(a, "room");
      await scene.join(b, "room", "quiet");
      await scene.join(c, "quiet");
      await second.run(
        ({ io }, nsp, id) => {
          const socket = io.of(nsp).sockets.get(id);
          socket?.broadcast.emit("all");
          socket?.to("room").emit("room");
          socket?.except("quiet").emit("loud");
        },
        scene.nsp,
        b.id as string,
      );
      const [all, room, loud] = [
        await scene.arrived("all", second),
        await scene.arrived("room", second),
        await scene.arrived("loud", second),
      ];
      assert.deepEqual(all, [[[]], NOTHING, [[]]]);
      assert.deepEqual(room, [[[]], NOTHING, NOTHING]);
      assert.deepEqual(loud, [[[]], NOTHING, NOTHING]);
    },

    "that a client asks for reaches the other clients": async (scene) => {
      const [first] = scene.workers;
      await first.run(({ io }, nsp) => {
        io.of(nsp).on("connection", (socket) => {
          socket.on("say", (text, done) => {
            socket.broadcast.emit("said", text);
            done();
          });
        });
      }, scene.nsp);
      const [a] = await scene.clients();
      await a.timeout(10_000).emitWithAck("say", "good morning");
      assert.deepEqual(await scene.arrived("said", first), [
        NOTHING,
        [["good morning"]],
        [["good morning"]],
      ]);
    },

    "that is local stays on its worker": async (scene) => {
      const [first] = scene.workers;
      const [a, b] = await scene.clients();
      await scene.connect(first);
      await scene.join(a, "room");
      await scene.join(b, "room");
      await first.run(({ io }, nsp) => {
        io.of(nsp).local.emit("near");
        io.of(nsp).local.to("room").emit("room");
      }, scene.nsp);
      assert.deepEqual(await scene.arrived("near", first), [
        [[]],
        NOTHING,
        NOTHING,
        [[]],
      ]);
      assert.deepEqual(await scene.arrived("room", first), [
        [[]],
        NOTHING,
        NOTHING,
        NOTHING,
      ]);
    },

    "that is volatile, compressed or not compressed reaches every worker":
      async (scene) => {
        const [first] = scene.workers;
        await scene.clients();
        await first.run(({ io }, nsp) => {
          io.of(nsp).volatile.emit("volatile", 1);
          io.of(nsp).compress(true).emit("compressed", 2);
          io.of(nsp).compress(false).emit("plain", 3);
        }, scene.nsp);
        for (const [event, value] of [
          ["volatile", 1],
          ["compressed", 2],
          ["plain", 3],
        ] as const) {
          assert.deepEqual(await scene.arrived(event, first), [
            [[value]],
            [[value]],
            [[value]],
          ]);
        }
      },

    "to a numeric room is not one to its name as a string": async (scene) => {
      const [first] = scene.workers;
      const [a, b, c] = await scene.clients();
      await scene.join(a, 1);
      await scene.join(b, 1, 2);
      await scene.join(c, "1");
      await first.run(({ io }, nsp) => {
        const [one, two] = [1, 2] as unknown as [string, string];
        io.of(nsp).to(one).emit("number");
        io.of(nsp).to("1").emit("string");
        io.of(nsp).to(one).except(two).emit("except");
      }, scene.nsp);
      assert.deepEqual(await scene.arrived("number", first), [
        [[]],
        [[]],
        NOTHING,
      ]);
      assert.deepEqual(await scene.arrived("string", first), [
        NOTHING,
        NOTHING,
        [[]],
      ]);
      assert.deepEqual(await scene.arrived("except", first), [
        [[]],
        NOTHING,
        NOTHING,
      ]);
    },

    "reaches rooms whose names are booleans or null": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      for (const worker of scene.workers) {
        await worker.run(({ io }, nsp) => {
          for (const socket of io.of(nsp).sockets.values()) {
            void socket.join([true, null] as unknown as string[]);
          }
        }, scene.nsp);
      }
      await first.run(({ io }, nsp) => {
        for (const room of [true, null, false, "true"] as unknown[]) {
          io.of(nsp)
            .to(room as string)
            .emit("to", String(room), typeof room);
        }
      }, scene.nsp);
      const arrived = await scene.arrived("to", first, scene.nsp, clients);
      for (const events of arrived) {
        assert.deepEqual(events, [
          ["true", "boolean"],
          ["null", "object"],
        ]);
      }
    },
  },
};
