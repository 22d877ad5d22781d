/**
 * What scenarios are made of.
 */
import type { Socket } from "socket.io";
import type { ModelWorker } from "./model-worker";
import { CLIENT, PRIMARY, workerParty, type Move } from "./scenario";
import { losses } from "./unscripted";
import type { EmitOptions, World } from "./world";

function ofWorker(
  id: number,
  name: string,
  run: (world: World) => void | Promise<void>,
): Move {
  const parties = [workerParty(id)];
  return {
    parties,
    steps(world) {
      const worker = world.workers.get(id);
      return worker?.isAlive && !worker.isStopped
        ? [{ name: `worker ${id} ${name}`, parties, run: () => run(world) }]
        : [];
    },
  };
}

export function emits(
  id: number,
  name: string,
  options: EmitOptions = {},
): Move {
  const { volatile, local, toRoom } = options;
  const event = `${volatile ? "volatile " : ""}${local ? "local " : ""}${name}`;
  return ofWorker(
    id,
    `emits ${event}${toRoom ? " to the room" : ""}`,
    (world) => world.emit(id, name, options),
  );
}

export function starts(id: number): Move {
  const parties = [workerParty(id), PRIMARY];
  return {
    parties,
    steps: (world) =>
      world.workers.has(id)
        ? []
        : [
            {
              name: `worker ${id} starts`,
              parties,
              run: () => world.fork(id),
            },
          ],
  };
}

/** It is killed; what has not left by then, or has left, but was not read by the primary, is lost. */
export function dies(id: number): Move {
  const parties = [workerParty(id), PRIMARY, CLIENT];
  return {
    parties,
    cutsOff: true,
    steps(world) {
      const worker = world.workers.get(id);
      if (!worker?.isAlive) {
        return [];
      }
      const unread = worker.sent.length;
      return Array.from(new Set([unread, 0]), (left) => ({
        name: `worker ${id} is killed, and ${left} of its ${unread} last messages had left`,
        parties,
        run: () => world.kill(id, left),
      }));
    },
  };
}

export function stops(id: number): Move {
  return ofWorker(id, "is stopped", (world) => {
    world.worker(id).isStopped = true;
  });
}

export function resumes(id: number): Move {
  const parties = [workerParty(id)];
  return {
    parties,
    steps: (world) =>
      world.workers.get(id)?.isStopped
        ? [
            {
              name: `worker ${id} goes on`,
              parties,
              run: () => world.resume(id),
            },
          ]
        : [],
  };
}

export function passes(seconds: number): Move {
  return {
    parties: undefined,
    steps: (world) =>
      world.mayPass(seconds) && world.unscripted.every(({ isSlow }) => isSlow)
        ? [
            {
              name: `${seconds} seconds pass`,
              parties: world.parties,
              run: () => world.pass(seconds),
            },
          ]
        : [],
  };
}

/** All that is under way arrives, one after the other. */
export const arrivesAll: Move = {
  parties: undefined,
  steps: (world) => [
    {
      name: "all that is under way arrives",
      parties: world.parties,
      run: () => world.settle(),
    },
  ],
};

/** The primary reads all that a worker has sent. */
export function reaches(id: number): Move {
  return {
    parties: [PRIMARY],
    steps: (world) => [
      {
        name: `the primary reads all that worker ${id} has sent`,
        parties: [PRIMARY],
        run: () => world.drain(id),
      },
    ],
  };
}

/** The client loses its connection, which its worker does not know yet. */
export const loses: Move = {
  parties: [CLIENT],
  cutsOff: true,
  steps: (world) => (world.client.connection?.isOpen ? losses(world) : []),
};

/** The client comes for the first time. */
export function arrives(id: number): Move {
  const parties = [CLIENT, workerParty(id)];
  return {
    parties,
    steps: (world) => [
      {
        name: `the client comes to worker ${id}`,
        parties,
        run: () => world.connect(world.client, id),
      },
    ],
  };
}

/** The server disconnects the client for good. */
export const disconnects: Move = ofSocket(
  "disconnects the client",
  (world, worker, socket) => world.disconnect(worker, socket),
);

export const joins: Move = changesRoom(true);

export const leaves: Move = changesRoom(false);

function changesRoom(isJoin: boolean): Move {
  return ofSocket(
    `has the client ${isJoin ? "join" : "leave"} the room`,
    (world, worker, socket) => world.changeRoom(worker, socket, isJoin),
  );
}

function ofSocket(
  name: string,
  run: (world: World, worker: ModelWorker, socket: Socket) => void,
): Move {
  return {
    parties: undefined,
    steps: (world) =>
      world
        .socketsOfClient()
        .filter(({ worker }) => !worker.isStopped)
        .map(({ worker, socket }) => ({
          name: `worker ${worker.id} ${name}`,
          parties: [workerParty(worker.id)],
          run: () => run(world, worker, socket),
        })),
  };
}
