import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { workerOf } from "../../support/worker";
import { eventually } from "../../support/wait";
import type { Scene, Theme } from "../scene";

/** The rooms of each client's socket, on its own worker, without the one of its id. */
async function roomsOf(scene: Scene, clients: Socket[]): Promise<string[][]> {
  return Promise.all(
    clients.map((client) =>
      workerOf(client).run(
        ({ io }, nsp, id) =>
          [...(io.of(nsp).sockets.get(id)?.rooms ?? [])]
            .filter((room) => room !== id)
            .sort(),
        scene.nsp,
        client.id as string,
      ),
    ),
  );
}

async function expectRooms(
  scene: Scene,
  clients: Socket[],
  expected: unknown[][],
): Promise<void> {
  await eventually(async () =>
    assert.deepEqual(await roomsOf(scene, clients), expected),
  );
}

export const rooms: Theme = {
  name: "room management",
  scenarios: {
    "makes the sockets of every worker join": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      await first.run(({ io }, nsp) => {
        io.of(nsp).socketsJoin("r1");
        io.of(nsp).socketsJoin(["r2", "r3"]);
      }, scene.nsp);
      await expectRooms(scene, clients, Array(3).fill(["r1", "r2", "r3"]));
    },

    "makes the members of a room join, except for others": async (scene) => {
      const [, second] = scene.workers;
      const clients = await scene.clients();
      const [a, b, c] = clients;
      await scene.join(a, "some");
      await scene.join(b, "some", "out");
      await scene.join(c, "some");
      await second.run(({ io }, nsp) => {
        io.of(nsp).in("some").socketsJoin("r1");
        io.of(nsp).in("some").except("out").socketsJoin("r2");
        io.of(nsp).except("out").socketsJoin("r3");
        io.of(nsp).in("nobody").socketsJoin("r4");
      }, scene.nsp);
      // the last of them has been executed when this one has
      await second.run(({ io }, nsp) => io.of(nsp).socketsJoin("z"), scene.nsp);
      await expectRooms(scene, clients, [
        ["r1", "r2", "r3", "some", "z"],
        ["out", "r1", "some", "z"],
        ["r1", "r2", "r3", "some", "z"],
      ]);
    },

    "makes one socket join by its id, or as a RemoteSocket": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      await first.run(
        async ({ io }, nsp, ids) => {
          for (const [i, id] of ids.entries()) {
            io.of(nsp).in(id).socketsJoin(`id${i}`);
            const [socket] = await io.of(nsp).in(id).fetchSockets();
            socket?.join([`remote${i}`, "all"]);
          }
        },
        scene.nsp,
        clients.map((client) => client.id as string),
      );
      await expectRooms(scene, clients, [
        ["all", "id0", "remote0"],
        ["all", "id1", "remote1"],
        ["all", "id2", "remote2"],
      ]);
    },

    "makes the sockets of every worker leave": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      for (const client of clients) {
        await scene.join(client, "r1", "r2", "r3", "r4");
      }
      await first.run(({ io }, nsp) => {
        io.of(nsp).socketsLeave("r1");
        io.of(nsp).in("r4").socketsLeave(["r2", "r3", "never joined"]);
      }, scene.nsp);
      await expectRooms(scene, clients, Array(3).fill(["r4"]));
    },

    "makes the members of a room leave, except for others": async (scene) => {
      const [, , third] = scene.workers;
      const clients = await scene.clients();
      const [a, b, c] = clients;
      await scene.join(a, "r", "some");
      await scene.join(b, "r", "some", "out");
      await scene.join(c, "r");
      await third.run(({ io }, nsp) => {
        io.of(nsp).in("some").except("out").socketsLeave("r");
        io.of(nsp).socketsJoin("z");
      }, scene.nsp);
      await expectRooms(scene, clients, [
        ["some", "z"],
        ["out", "r", "some", "z"],
        ["r", "z"],
      ]);
    },

    "makes one socket leave by its id, or as a RemoteSocket": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      for (const client of clients) {
        await scene.join(client, "r1", "r2");
      }
      await first.run(
        async ({ io }, nsp, [, b, c]) => {
          io.of(nsp)
            .in(b as string)
            .socketsLeave("r1");
          const [socket] = await io
            .of(nsp)
            .in(c as string)
            .fetchSockets();
          socket?.leave("r2");
        },
        scene.nsp,
        clients.map((client) => client.id as string),
      );
      await expectRooms(scene, clients, [["r1", "r2"], ["r2"], ["r1"]]);
    },

    "that is local stays on its worker": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      for (const client of clients) {
        await scene.join(client, "old");
      }
      await first.run(({ io }, nsp) => {
        io.of(nsp).local.socketsJoin("new");
        io.of(nsp).local.socketsLeave("old");
        io.of(nsp).socketsJoin("z");
      }, scene.nsp);
      await expectRooms(scene, clients, [
        ["new", "z"],
        ["old", "z"],
        ["old", "z"],
      ]);
    },

    "keeps a numeric room apart from its name as a string": async (scene) => {
      const [first] = scene.workers;
      const clients = await scene.clients();
      await first.run(({ io }, nsp) => {
        const [one, two] = [1, 2] as unknown as [string, string];
        io.of(nsp).socketsJoin(one);
        io.of(nsp).socketsJoin("1");
        io.of(nsp).in(one).socketsJoin(two);
        io.of(nsp).in(two).socketsLeave("1");
      }, scene.nsp);
      await expectRooms(scene, clients, Array(3).fill([1, 2]));
    },

    "takes effect before what is emitted after it in the same tick": async (
      scene,
    ) => {
      const [first] = scene.workers;
      await scene.clients();
      await first.run(({ io }, nsp) => {
        io.of(nsp).socketsJoin("room");
        io.of(nsp).to("room").emit("e", "joined");
        io.of(nsp).in("room").socketsJoin("second");
        io.of(nsp).to("second").emit("e", "joined twice");
        io.of(nsp).in("second").socketsLeave("room");
        io.of(nsp).to("room").emit("e", "left");
        io.of(nsp).to("room").to("second").emit("e", "still there");
      }, scene.nsp);
      const expected = [["joined"], ["joined twice"], ["still there"]];
      assert.deepEqual(
        await scene.arrived("e", first),
        Array(3).fill(expected),
      );
    },
  },
};
