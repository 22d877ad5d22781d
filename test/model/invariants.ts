/**
 * What must be true when everything has arrived.
 */
import type { ModelClient, Stay } from "./model-client";
import { isAfter } from "./moment";
import type { Emission, World } from "./world";

/** Everybody reads what is left; returns what is wrong, one line each. */
export function violations(world: World): string[] {
  const clients = [...world.observers.values(), world.client];
  clients.forEach((client) => client.read());
  const stays = clients.flatMap((client) => client.stays);
  const { isOrdered } = world.scenario;
  return [
    ...stays.flatMap((stay) => [
      ...doubled(stay),
      ...outOfSenderOrder(world, stay),
    ]),
    ...(isOrdered ? outOfTotalOrder(world, stays) : []),
    ...clients.flatMap((client) =>
      client.stays.flatMap((stay, i) =>
        missing(
          world,
          stay,
          i === client.stays.length - 1 ? workerOf(world, client) : undefined,
        ),
      ),
    ),
    ...notRecovered(world),
    ...stuck(world),
  ];
}

/** What must not be at any time. */
export function violationsAtAnyTime(world: World): string[] {
  const { client, workers, scenario } = world;
  const sockets = Array.from(workers.values())
    .filter(({ isAlive }) => isAlive)
    .flatMap(({ io }) => Array.from(io.of("/").sockets.values()))
    .filter(
      (socket) => (socket as unknown as { pid?: string }).pid === client.pid,
    );
  return client.pid !== undefined &&
    sockets.length > 1 &&
    !scenario.hasHungWorker
    ? [`doubled: the session of the client has ${sockets.length} sockets`]
    : [];
}

/** The worker from which a client gets all that is for it. */
function workerOf(world: World, client: ModelClient): number | undefined {
  const { isConnected, worker } = client;
  return isConnected && !world.workers.get(worker as number)?.isStopped
    ? worker
    : undefined;
}

function doubled({ client, seen }: Stay): string[] {
  return seen
    .filter((name, i) => seen.indexOf(name) !== i)
    .map((name) => `doubled: ${name}; the ${client} has seen ${list(seen)}`);
}

function outOfSenderOrder(world: World, { client, seen }: Stay): string[] {
  const order = world.emissions.map(({ name }) => name);
  for (const id of world.workers.keys()) {
    const own = unique(seen).filter((name) => find(world, name).worker === id);
    if (
      own.some((name, i) => order.indexOf(name) < order.indexOf(own[i - 1]!))
    ) {
      return [`reordered: the ${client} has seen ${list(own)} of worker ${id}`];
    }
  }
  return [];
}

function outOfTotalOrder(world: World, stays: readonly Stay[]): string[] {
  for (const a of stays) {
    for (const b of stays) {
      const common = numbered(world, a).filter((name) => b.seen.includes(name));
      const others = numbered(world, b).filter((name) => a.seen.includes(name));
      if (list(common) !== list(others)) {
        return [
          `reordered: the ${a.client} has seen ${list(a.seen)}, the ${b.client} ${list(b.seen)}`,
        ];
      }
    }
  }
  return [];
}

/** @param worker - the one that has the client now, if it is still connected */
function missing(
  world: World,
  stay: Stay,
  worker: number | undefined,
): string[] {
  return (
    world.scenario.isOrdered
      ? missingOfOrder(world, stay, worker)
      : missingOfOthers(world, stay, worker)
  ).map((name) => `${name}; the ${stay.client} has seen ${list(stay.seen)}`);
}

/** Whoever is connected gets what is emitted by a worker that knows of its worker. */
function missingOfOthers(
  world: World,
  { since, seen }: Stay,
  worker: number | undefined,
): string[] {
  return world.emissions
    .filter(
      (emission) =>
        worker !== undefined &&
        emission.known.has(worker) &&
        isAfter(emission, since) &&
        !world.lost.has(emission.name) &&
        !seen.includes(emission.name),
    )
    .map(({ name }) => `lost: ${name}`);
}

/** Whoever has a session gets all that is for it since it began, up to what was seen last, or to the end. */
function missingOfOrder(
  world: World,
  stay: Stay,
  worker: number | undefined,
): string[] {
  const { initial } = world.scenario;
  const seen = recoverable(world, stay);
  const isClient = stay.client === world.client.name;
  const forIt = orderOf(world)
    .filter((emission) => isAfter(emission, stay.since))
    .filter((emission) => !isClient || isForClient(world, emission));
  const last = forIt.findIndex(({ name }) => name === seen[seen.length - 1]);
  const { until } = isClient ? world.client : { until: undefined };
  const expected =
    worker !== undefined
      ? forIt
      : until !== undefined
        ? forIt.filter((emission) => !isAfter(emission, until))
        : // the others have no place in the order
          forIt.slice(0, last + 1).filter(({ isNumbered }) => isNumbered);
  return [
    ...expected
      // a worker that has come later gets what is emitted by those that know of it
      .filter(
        ({ known }) =>
          initial.includes(stay.since.worker) || known.has(stay.since.worker),
      )
      .filter(({ name }) => !seen.includes(name))
      .map(({ name }) => `lost: ${name}`),
    ...seen
      .filter((name) => !forIt.some((one) => one.name === name))
      .map((name) => `not for it: ${name}`),
  ];
}

/** The order that all share, by those who have seen everything. */
function orderOf(world: World): Emission[] {
  const [longest = []] = Array.from(world.observers.values())
    .map((observer) => recoverable(world, observer.stays[0] as Stay))
    .sort((a, b) => b.length - a.length);
  const position = ({ name }: Emission) =>
    longest.indexOf(name) + 1 || Infinity;
  return world.emissions
    .filter(
      (emission) => isRecoverable(emission) && !world.lost.has(emission.name),
    )
    .sort((a, b) => position(a) - position(b) || 0);
}

/** Whether the client was in the room of an event when it was delivered. */
function isForClient({ roomChanges }: World, emission: Emission): boolean {
  const changes = roomChanges.filter((change) => isAfter(emission, change));
  return (
    !emission.options.toRoom || changes[changes.length - 1]?.isJoin === true
  );
}

function notRecovered({ client, scenario }: World): string[] {
  // without an event, a client has no offset
  const isLeft = client.stays.slice(0, -1).some(({ seen }) => seen.length > 0);
  return scenario.mustRecover && isLeft
    ? [`not recovered: the client has had ${client.stays.length} sessions`]
    : [];
}

function stuck({ client }: World): string[] {
  return client.isWaiting ? ["stuck: the client waits to be connected"] : [];
}

function numbered(world: World, { seen }: Stay): string[] {
  return unique(seen).filter((name) => find(world, name).isNumbered);
}

function recoverable(world: World, { seen }: Stay): string[] {
  return seen.filter((name) => isRecoverable(find(world, name)));
}

function isRecoverable({ options }: Emission): boolean {
  return !options.volatile && !options.local;
}

function find({ emissions }: World, name: string): Emission {
  return emissions.find((emission) => emission.name === name) as Emission;
}

function unique(names: readonly string[]): string[] {
  return Array.from(new Set(names));
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}
