/** What applications do. Each resolves when it has an outcome, whatever that is. */
import { within } from "../../support/wait";
import type { TestWorker } from "../../support/worker";
import {
  type AckOutcome,
  type Performer,
  type SentEmission,
  perform,
} from "./agent";
import type { Sent } from "./duties";
import {
  type ClientPlan,
  type Emission,
  type Operation,
  PRIMARY,
  type Question,
} from "./plan";
import type { Scene } from "./scene";

// what is known to end a request without an answer of everyone
const EXPECTED_ERROR = /timeout reached|has timed out|not everyone/;

/** Somebody who sends. */
interface Actor {
  readonly who: Performer;
  /** `undefined` for the primary. */
  readonly worker: TestWorker | undefined;
}

export function actorOf(scene: Scene, slot: number): Actor | undefined {
  if (slot === PRIMARY && scene.hasEmitter) {
    return { who: scene.cluster.primary, worker: undefined };
  }
  const worker = scene.pick(slot);
  return worker && { who: worker, worker };
}

export async function operate(
  scene: Scene,
  operation: Emission | Operation,
): Promise<void> {
  if (operation.do === "meet") {
    await meet(scene, operation.workers, operation.transport);
    return;
  }
  const actor = actorOf(scene, operation.from);
  if (!actor) {
    return;
  }
  scene.count(operation.do === "emit" ? operation.flavour : operation.do);
  switch (operation.do) {
    case "emit":
      await emit(scene, actor, operation);
      break;
    case "dance":
      await dance(scene, actor, operation.nsp);
      break;
    case "ask":
      await ask(scene, actor, operation.question, operation.nsp);
      break;
    case "farewell":
      await farewell(scene, actor, operation.client);
      break;
    case "misuse":
      await misuse(scene, actor);
      break;
  }
}

async function emit(
  scene: Scene,
  actor: Actor,
  { flavour, nsp, rooms, except, count, every }: Emission,
): Promise<void> {
  const sent: Sent = { flavour, sender: actor.worker, rooms, except };
  const op = scene.dispatch(nsp, count, sent);
  scene.count("packets", count);
  const emission: SentEmission = {
    op,
    flavour,
    nsp,
    rooms,
    except,
    count,
    every,
  };
  try {
    const outcomes = await perform(actor.who, "emit", emission);
    for (const outcome of outcomes) {
      if (outcome) {
        checkAcks(scene, op, outcome);
      }
    }
  } catch (error) {
    onCut(scene, actor, error as Error);
    scene.noteCut(op);
  }
}

function checkAcks(
  scene: Scene,
  op: string,
  { names, error }: AckOutcome,
): void {
  if (error !== undefined && !EXPECTED_ERROR.test(error)) {
    scene.report(`the acknowledgements of ${op} ended with: ${error}`);
  }
  if (new Set(names).size < names.length) {
    scene.report(`somebody has acknowledged ${op} twice: ${names.join(", ")}`);
  }
}

/** A task did not come back: fine if its process is gone or about to go, and for no other reason. */
function onCut(scene: Scene, { worker }: Actor, error: Error): void {
  const isGone = worker && (worker.exit || scene.isExpectedToEnd(worker));
  if (!isGone) {
    scene.report(
      `${worker ? `worker ${worker.id}` : "the primary"} has failed: ${error.stack}`,
    );
  }
}

async function dance(scene: Scene, actor: Actor, nsp: string): Promise<void> {
  const names = scene.clients
    .filter((client, i) => client.nsp === nsp && i % 2 === 0)
    .map(({ name }) => name);
  if (names.length === 0) {
    return;
  }
  const op = scene.nextOp();
  const sent = { sender: actor.worker, rooms: names, except: [] };
  const parts = [
    scene.dispatch(nsp, 1, { ...sent, flavour: "dance in" }, `${op}-in`),
    scene.dispatch(nsp, 1, { ...sent, flavour: "dance out" }, `${op}-out`),
  ];
  try {
    await perform(actor.who, "dance", { op, nsp, names, room: `dance ${op}` });
  } catch (error) {
    onCut(scene, actor, error as Error);
    parts.forEach((part) => scene.noteCut(part));
  }
}

/** @returns the answer, `undefined` if there is none for a good reason */
export async function ask(
  scene: Scene,
  actor: Actor,
  question: Question,
  nsp: string,
): Promise<unknown> {
  // as long as a worker lives, the primary counts the nodes of which it has told
  const isPrimary = actor.worker === undefined;
  try {
    return await perform(actor.who, "ask", question, nsp);
  } catch (error) {
    if (!EXPECTED_ERROR.test((error as Error).message)) {
      onCut(scene, actor, error as Error);
    } else if (scene.mayTimeOut || (isPrimary && scene.deeds.has("garbage"))) {
      scene.count("requests that timed out");
    } else {
      scene.report(`${question}() has waited for a worker that is gone`);
    }
    return undefined;
  }
}

async function farewell(
  scene: Scene,
  actor: Actor,
  index: number,
): Promise<void> {
  const client = scene.clients[index % scene.clients.length];
  if (!client) {
    return;
  }
  const { nsp, name } = client;
  client.isExcused = true;
  client.farewells++;
  const op = scene.dispatch(nsp, 1, {
    flavour: "farewell",
    sender: actor.worker,
    rooms: [name],
    except: [],
  });
  try {
    await perform(actor.who, "farewell", nsp, name, op);
  } catch (error) {
    onCut(scene, actor, error as Error);
    scene.noteCut(op);
  }
}

async function misuse(scene: Scene, actor: Actor): Promise<void> {
  // what is left in the data of sockets ends a worker of 0.3.0
  if (
    actor.worker?.kind === "published" ||
    scene.plan.config.mode === "below"
  ) {
    return;
  }
  scene.deeds.add("misuse");
  try {
    const errors = await perform(actor.who, "misuse");
    if (errors.includes("none")) {
      scene.report(`a value that cannot be sent was sent: ${errors.join()}`);
    }
  } catch (error) {
    onCut(scene, actor, error as Error);
  }
}

/** Two clients come to a namespace that nobody else is in, get what one of their workers sends, and leave. */
async function meet(
  scene: Scene,
  slots: readonly [number, number],
  transport: ClientPlan["transport"],
): Promise<void> {
  const op = scene.nextOp();
  const nsp = `/room-${op}`;
  const guests = slots.map((slot, i) => {
    const plan = { nsp, transport, whims: [slot] };
    return scene.createClient(`${op} guest ${i}`, plan);
  });
  try {
    await Promise.all(
      guests.map((guest, i) =>
        within(guest.connect(scene.pick(slots[i] as number)), {
          deadline: 15_000,
          message: `${guest.name} comes`,
        }),
      ),
    );
    guests.forEach((guest) => scene.read(guest, true));
    const host = guests[0]?.worker;
    if (host) {
      await emit(
        scene,
        { who: host, worker: host },
        {
          do: "emit",
          flavour: "plain",
          from: 0,
          nsp,
          rooms: [],
          except: [],
          count: 3,
          every: 0,
        },
      );
      await scene.arrival([scene.ledgerOf(nsp)]);
      scene.count("meet");
    }
  } catch (error) {
    scene.report((error as Error).message);
  } finally {
    guests.forEach((guest) => guest.close());
    if (guests.some(({ attempts }) => attempts > 1)) {
      scene.abandoned.add(nsp);
    }
  }
}
