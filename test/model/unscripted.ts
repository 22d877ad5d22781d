/**
 * What happens without a scenario's doing: messages arrive, connections break, the client returns.
 */
import { describe } from "./describe";
import type { ModelWorker } from "./model-worker";
import { CLIENT, PRIMARY, workerParty, type Step } from "./scenario";
import type { World } from "./world";

export function unscriptedSteps(world: World): Step[] {
  const workers = Array.from(world.workers.values());
  return [
    ...workers.flatMap((worker) => ofChannel(world, worker)),
    ...workers.flatMap((worker) =>
      worker.isAlive && !worker.isStopped ? ofWorker(world, worker) : [],
    ),
    ...ofClient(world),
  ];
}

/** The primary reads what a worker has sent, and hears of its end behind that. */
function ofChannel(world: World, worker: ModelWorker): Step[] {
  const { id, sent } = worker;
  const [first] = sent;
  if (first !== undefined) {
    return [
      {
        name: `the primary reads from worker ${id}`,
        parties: [PRIMARY],
        details: () => describe(first),
        run() {
          sent.shift();
          world.primary.receive(id, first);
        },
      },
    ];
  }
  if (worker.isAlive || worker.isGone) {
    return [];
  }
  return [
    {
      name: `the primary hears that worker ${id} is gone`,
      parties: [PRIMARY],
      run() {
        worker.isGone = true;
        world.primary.onLeave(id);
      },
    },
  ];
}

function ofWorker(world: World, worker: ModelWorker): Step[] {
  const { id, surroundings, waiting } = worker;
  const parties = [workerParty(id)];
  const steps = reads(world, worker);
  if (surroundings.immediates.length > 0) {
    steps.push({
      name: `worker ${id} is done with what it does, and sends`,
      parties,
      run: () => surroundings.turn(),
    });
  }
  const [letIn] = waiting;
  if (letIn !== undefined) {
    steps.push({
      name: `a middleware of worker ${id} lets the client in`,
      parties,
      isSlow: true,
      run() {
        waiting.shift();
        surroundings.run(letIn);
      },
    });
  }
  for (const [connection, abandoned] of world.abandoned) {
    if (abandoned.worker === id && connection.isOpen) {
      steps.push({
        name: `worker ${id} finds out that connection ${connection.nth} is lost`,
        parties,
        isSlow: true,
        run: () => surroundings.run(() => connection.break()),
      });
    }
  }
  return steps;
}

/** A worker reads what the primary has sent. */
function reads({ primary, scenario }: World, worker: ModelWorker): Step[] {
  const { id } = worker;
  const messages = primary.underWayTo(id).map(({ message }) => message);
  const { length } = messages;
  const counts = length > 1 && scenario.hasBulkReads ? [1, length] : [1];
  return length === 0
    ? []
    : counts.map((count) => ({
        name: `worker ${id} reads${count === 1 ? "" : ` ${count} messages at once`}`,
        // a write that was under way has left
        parties:
          scenario.slow === id ? [workerParty(id), PRIMARY] : [workerParty(id)],
        isRead: true,
        details: () => messages.slice(0, count).map(describe).join(" + "),
        run() {
          for (let i = 0; i < count; i++) {
            worker.receive(primary.take(id) as object);
          }
        },
      }));
}

function ofClient(world: World): Step[] {
  const { client, scenario } = world;
  const homes = scenario.client?.homes ?? [];
  if (client.connection === undefined) {
    const isNew = client.pid === undefined;
    return isNew || client.until !== undefined
      ? []
      : homes
          .filter((id) => {
            const worker = world.workers.get(id);
            return worker?.isAlive && !worker.isStopped;
          })
          .map((id) => ({
            name: `the client returns to worker ${id}`,
            parties: [CLIENT, workerParty(id)],
            isSlow: scenario.client?.mayStayAway ?? false,
            run: () => world.connect(client, id),
          }));
  }
  return client.isCutOff
    ? losses(world, "the client, whose connection was closed,")
    : [];
}

/** The client loses its connection, having read some of what was on the way. */
export function losses(world: World, who = "the client"): Step[] {
  const { client } = world;
  const unread = client.connection?.unread.length ?? 0;
  // what is written before a server disconnects a client arrives
  const length = client.until === undefined ? unread + 1 : 1;
  return Array.from({ length }, (_, left) => ({
    name: `${who} has read ${unread - left} more and is without connection`,
    parties: [CLIENT],
    run: () => world.lose(unread - left),
  }));
}
