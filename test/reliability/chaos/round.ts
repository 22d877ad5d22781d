/** One round: everyone is at rest, things happen, everyone comes to rest, and the ledger is read. */
import { setTimeout as delay } from "node:timers/promises";
import { signalTo } from "../../support/process";
import { eventually, waitFor, within } from "../../support/wait";
import type { Kind } from "../../support/worker";
import { perform } from "./agent";
import { fail, fork } from "./faults";
import { actorOf, ask, operate } from "./operations";
import {
  type Action,
  type Emission,
  type Fault,
  NAMESPACES,
  type Operation,
  PRIMARY,
  type Question,
  type Round,
} from "./plan";
import type { Scene } from "./scene";

// the time that may pass until everyone is at rest: no request waits for longer than 8 s
const REST_DEADLINE = 30_000;

const OPERATIONS = new Set<Action["do"]>([
  "emit",
  "ask",
  "dance",
  "meet",
  "farewell",
  "misuse",
]);

export async function play(scene: Scene, round: Round): Promise<void> {
  await assignRooms(scene, round);
  scene.beginRound(round);
  await happen(scene, round);
  await rest(scene);
  await fence(scene);
  await collect(scene);
  read(scene);
  await inspect(scene);
}

async function assignRooms(scene: Scene, { rooms }: Round): Promise<void> {
  scene.clients.forEach((client, i) => {
    client.rooms = rooms[i] ?? [];
  });
  for (const nsp of NAMESPACES) {
    const clients = scene.clients.filter((client) => client.nsp === nsp);
    await Promise.all(
      scene.workers.map((worker) =>
        perform(
          worker,
          "rename",
          nsp,
          clients.map(({ name }) => name),
          clients.map((client) => client.rooms),
        ),
      ),
    );
  }
}

async function happen(scene: Scene, { steps }: Round): Promise<void> {
  const start = performance.now();
  const pending: Promise<void>[] = [];
  for (const { at, action } of steps) {
    const wait = start + at - performance.now();
    if (wait > 0) {
      await delay(wait);
    }
    const done = OPERATIONS.has(action.do)
      ? operate(scene, action as Emission | Operation)
      : fail(scene, action as Fault);
    pending.push(
      within(done, {
        deadline: REST_DEADLINE,
        message: `an end of ${JSON.stringify(action)}`,
      }).catch((error: Error) => scene.report(`${action.do}: ${error.stack}`)),
    );
  }
  await Promise.all(pending);
}

/** Everything runs again, there are as many workers as in the beginning, and everyone is connected. */
async function rest(scene: Scene): Promise<void> {
  scene.watch();
  for (const worker of scene.stopped) {
    signalTo(worker.pid, "SIGCONT");
  }
  scene.stopped.clear();
  scene.watch();
  const { mode, workers } = scene.plan.config;
  const hasOld = mode === "mixed" || mode === "below";
  for (let n = scene.workers.length; n < workers; n++) {
    const isFirst = scene.workers.every(({ kind }) => kind === "published");
    const kind: Kind = hasOld && n % 2 === 1 && !isFirst ? "published" : "ours";
    await fork(scene, kind);
  }
  await attempt(scene, "all workers are there", async () => {
    await waitFor(() => scene.cluster.alive.every(({ port }) => port > 0), {
      deadline: REST_DEADLINE,
    });
  });
  await attempt(scene, "all workers go on", async () => {
    await Promise.all(scene.workers.map((worker) => worker.run(() => 0)));
  });
  await noteOverflows(scene);
  for (const client of scene.clients) {
    await attempt(scene, `${client.name} is connected`, () => client.settled());
  }
  scene.clients.forEach((client) => client.forgetOld());
  for (const nsp of NAMESPACES) {
    await attempt(scene, `the workers know each other in ${nsp}`, () =>
      eventually(() => scene.cluster.formed(nsp, scene.workers)).catch(
        async (error: Error) => {
          const cluster = await describeCluster(scene);
          throw new Error(`${error.message}\n${cluster}`);
        },
      ),
    );
  }
  await noteOverflows(scene);
}

/** Who is there, by the operating system and by the primary. */
async function describeCluster(scene: Scene): Promise<string> {
  const alive = scene.cluster.alive.map(
    (worker) =>
      `${worker.id} (${worker.kind}, port ${worker.port}, ${scene.doomed.has(worker) ? "doomed" : "in use"})`,
  );
  const known = scene.hasEmitter
    ? await scene.cluster.primary.run(({ handle }) =>
        handle
          .stats()
          .workers.map(
            ({ id, wire, nodes }) =>
              `${id} (${wire}, ${nodes.map(({ nsp, uid }) => `${uid} in ${nsp}`).join()})`,
          ),
      )
    : [];
  return `alive: ${alive.join(", ")}; known to the primary: ${known.join(", ")}`;
}

async function attempt(
  scene: Scene,
  what: string,
  task: () => Promise<void>,
): Promise<void> {
  try {
    await within(task(), { deadline: REST_DEADLINE, message: what });
  } catch (error) {
    scene.report(`${what}: ${(error as Error).message}`);
  }
}

/** A worker of which the backlog was discarded is back when it reads again. */
async function noteOverflows(scene: Scene): Promise<void> {
  if (!scene.hasEmitter) {
    return;
  }
  await waitFor(
    async () => {
      const { overflows, resumes } = await perform(
        scene.cluster.primary,
        "overflows",
      );
      overflows.slice(scene.overflowCount).forEach((id) => {
        scene.overflown.add(id);
        scene.count("overflows");
      });
      scene.overflowCount = overflows.length;
      const alive = new Set(scene.workers.map(({ id }) => id));
      const count = (list: number[]) =>
        list.filter((id) => alive.has(id)).length;
      return count(overflows) === count(resumes);
    },
    { message: "workers whose backlog was discarded read again" },
  );
}

/** What everyone has sent before has arrived when this has. */
async function fence(scene: Scene): Promise<void> {
  const slots = scene.workers.map((_, i) => i);
  if (scene.hasEmitter) {
    slots.push(PRIMARY);
  }
  for (const nsp of NAMESPACES) {
    for (const from of slots) {
      for (const flavour of ["plain", "server"] as const) {
        await operate(scene, {
          do: "emit",
          flavour,
          from,
          nsp,
          rooms: [],
          except: [],
          count: 1,
          every: 0,
        });
      }
    }
  }
}

/** What the servers have received. */
async function collect(scene: Scene): Promise<void> {
  const take = async () => {
    for (const worker of scene.workers) {
      const received = await perform(worker, "takeReceived");
      received.forEach((letter) => scene.noteServerLetter(worker, letter));
    }
  };
  await scene.arrival(scene.ledgers, take);
}

function read(scene: Scene): void {
  for (const ledger of scene.ledgers) {
    ledger.findings().forEach((finding) => scene.report(finding));
    scene.count("deliveries", ledger.arrived);
    scene.count("cut off with their sender", ledger.lost);
  }
  const { tight } = scene.plan.config;
  for (const name of scene.forgotten) {
    // what has reached a limit explains it
    if (tight === "nothing" && scene.overflown.size === 0) {
      scene.report(`${name} was not recovered`);
    } else {
      scene.count("not recovered for a reason");
    }
  }
}

/** At rest, everything can be told exactly. */
async function inspect(scene: Scene): Promise<void> {
  for (const nsp of NAMESPACES) {
    const clients = scene.clients.filter((client) => client.nsp === nsp);
    await attempt(scene, `the sockets of ${nsp} are its clients`, () =>
      eventually(() => checkSockets(scene, nsp)),
    );
    const expected: Record<string, unknown> = {
      fetchSockets: clients.map(({ id }) => id).sort(),
      countSockets: clients.length,
    };
    for (const [question, answer] of Object.entries(expected)) {
      const slot = scene.workers.findIndex(({ kind }) => kind === "ours");
      const actor = actorOf(scene, slot);
      await attempt(scene, `${question}() is right in ${nsp}`, () =>
        eventually(async () => {
          const got =
            actor && (await ask(scene, actor, question as Question, nsp));
          if (JSON.stringify(got) !== JSON.stringify(answer)) {
            throw new Error(
              `${JSON.stringify(got)}, not ${JSON.stringify(answer)}`,
            );
          }
        }),
      );
    }
  }
  await attempt(scene, "nothing is left of requests and namespaces", () =>
    eventually(() => checkHealth(scene)),
  );
}

/** Each client has one socket, with its name and its rooms. */
async function checkSockets(scene: Scene, nsp: string): Promise<void> {
  const perWorker = await Promise.all(
    scene.workers.map((worker) => perform(worker, "sockets", nsp)),
  );
  const actual = new Map(
    perWorker
      .flat()
      .map(({ id, name, rooms }) => [
        id,
        [name, ...rooms.filter((room) => !room.startsWith("dance"))].join(),
      ]),
  );
  const clients = scene.clients.filter((client) => client.nsp === nsp);
  if (actual.size !== clients.length) {
    throw new Error(`there are ${actual.size} sockets of ${clients.length}`);
  }
  for (const { id, name, rooms } of clients) {
    const expected = [name, ...[name, ...rooms].sort()].join();
    const got = actual.get(id as string);
    if (got !== expected) {
      throw new Error(`the socket of ${name} is ${got}, not ${expected}`);
    }
  }
}

async function checkHealth(scene: Scene): Promise<void> {
  for (const worker of scene.workers) {
    const { namespaces, waiting, intervals } = await perform(worker, "health");
    if (waiting > 0 && worker.kind === "ours") {
      throw new Error(`${waiting} requests wait in worker ${worker.id}`);
    }
    const usual = scene.intervals.get(worker) ?? intervals;
    scene.intervals.set(worker, usual);
    if (intervals > usual && scene.abandoned.size === 0) {
      throw new Error(
        `worker ${worker.id} has ${intervals} intervals, it had ${usual}`,
      );
    }
    const known = namespaces.filter((nsp) => !scene.abandoned.has(nsp));
    if (known.join() !== NAMESPACES.join()) {
      throw new Error(`worker ${worker.id} has ${namespaces.join(" ")}`);
    }
  }
}
