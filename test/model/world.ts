import type { Socket } from "socket.io";
import type { FakeConnection } from "./fake-connection";
import { eventsOf, ModelClient, textOf } from "./model-client";
import { ModelPrimary } from "./model-primary";
import { Histories } from "./histories";
import type { Moment } from "./moment";
import { ModelWorker } from "./model-worker";
import {
  CLIENT,
  PRIMARY,
  workerParty,
  type Scenario,
  type Step,
} from "./scenario";
import { quiet, type Surroundings } from "./surroundings";
import { unscriptedSteps } from "./unscripted";

interface Abandoned {
  readonly worker: number;
  readonly at: number;
}

export interface EmitOptions {
  readonly volatile?: boolean;
  readonly local?: boolean;
  /** Whether it is for the room, and not for everyone. */
  readonly toRoom?: boolean;
}

/** An event that a worker has emitted. */
export interface Emission {
  readonly name: string;
  readonly worker: number;
  readonly options: EmitOptions;
  /** Whether it gets a place in the order that all share. */
  readonly isNumbered: boolean;
  /** The workers of which the sender knew. */
  readonly known: ReadonlySet<number>;
}

/** The client has joined or left the room. */
export interface RoomChange extends Moment {
  readonly isJoin: boolean;
}

const MAX_IDLE_SECONDS = 5;
/** After that, a worker has noticed that a connection is lost, in seconds. */
const MAX_NOTICE = 5;
/** The only room. The observers are in it. */
const ROOM = "room";

/** A primary, workers and a client, which stand still until somebody takes a step. */
export class World {
  readonly workers = new Map<number, ModelWorker>();
  readonly primary: ModelPrimary;
  readonly client = new ModelClient("client");
  /** One client of each worker, which is connected all the time. */
  readonly observers = new Map<number, ModelClient>();
  readonly emissions: Emission[] = [];
  readonly roomChanges: RoomChange[] = [];
  /** What a worker had emitted, but not passed on, when it was killed. */
  readonly lost = new Set<string>();
  /** The connections that the client has given up: on which worker, and in which second. */
  readonly abandoned = new Map<FakeConnection, Abandoned>();
  idleSeconds = 0;
  #seconds = 0;
  readonly #progress: number[];
  readonly #histories = new Histories();
  /** By how many ms a process is behind the others. */
  readonly #lags = new Map<Surroundings, number>();

  private constructor(readonly scenario: Scenario) {
    this.#progress = scenario.threads.map(() => 0);
    this.primary = new ModelPrimary(scenario.limits ?? {}, scenario.slow);
  }

  /** The workers know each other, the client is connected, and has seen an event. */
  static async start(scenario: Scenario): Promise<World> {
    const world = new World(scenario);
    for (const id of scenario.initial) {
      world.fork(id);
      await world.settle(true);
    }
    const { client, initial, isOrdered } = scenario;
    if (client?.at !== undefined) {
      world.connect(world.client, client.at);
      await world.settle(true);
    }
    if (isOrdered) {
      // without an event, a client has no offset
      world.emit(Math.max(...initial), "p");
      await world.settle(true);
      world.client.read();
    }
    return world;
  }

  /** What may happen next. */
  get steps(): Step[] {
    const steps = [...this.#scripted(0), ...unscriptedSteps(this)];
    return steps.length > 0 ? steps : this.#waiting;
  }

  /**
   * The same, without those that can as well be taken later: where a worker can do nothing but read, now and until it has
   * read, it makes no difference to anyone when it does.
   */
  get relevantSteps(): Step[] {
    const { steps } = this;
    for (const id of this.workers.keys()) {
      const own = steps.filter(({ parties }) =>
        parties.includes(workerParty(id)),
      );
      if (own.length === 1 && own[0]?.isRead && !this.#mayBeMet(id)) {
        return own;
      }
    }
    return steps;
  }

  /** The same, and what may happen if some of a thread is left out. */
  get stepsWithOmissions(): Step[] {
    return [
      ...this.#scripted(Infinity),
      ...unscriptedSteps(this),
      ...this.#waiting,
    ];
  }

  /** What happens without anybody's doing. */
  get unscripted(): Step[] {
    const steps = unscriptedSteps(this);
    return steps.length > 0 ? steps : this.#waiting;
  }

  async take(step: Step): Promise<void> {
    this.#histories.add(step);
    await step.run();
    await quiet();
  }

  /** The name of the state in which the world is after a step. */
  keyAfter(step: Step): string {
    return this.#histories.keyAfter(step);
  }

  /** Takes what happens by itself soon, or at all, until nothing does. */
  async settle(withSlow = false): Promise<void> {
    await quiet();
    for (;;) {
      const step = unscriptedSteps(this).find(
        ({ isSlow }) => withSlow || !isSlow,
      );
      if (step === undefined) {
        return;
      }
      await step.run();
      await quiet();
    }
  }

  /** The primary reads all that a worker has sent. */
  drain(id: number): void {
    this.worker(id)
      .sent.splice(0)
      .forEach((message) => this.primary.receive(id, message));
  }

  fork(id: number): void {
    this.primary.onFork(id);
    const settings = this.scenario.workers[id] ?? {};
    const worker = new ModelWorker(id, settings, (socket, connection) => {
      connection.connectedAt = this.momentAt(id);
      if (connection === this.observers.get(id)?.connection) {
        void socket.join(ROOM);
      } else if (settings.isInRoom && !socket.recovered) {
        this.changeRoom(worker, socket, true);
      }
    });
    this.workers.set(id, worker);
    const observer = new ModelClient(`observer ${id}`);
    this.observers.set(id, observer);
    this.connect(observer, id);
  }

  connect(client: ModelClient, id: number): void {
    const worker = this.worker(id);
    worker.surroundings.run(() => client.connect(id, worker.accept()));
  }

  /** @param left - how many of the messages that the primary has not read had left before */
  kill(id: number, left: number): void {
    const written = this.worker(id).kill(left);
    this.emissions
      .filter(({ worker }) => worker === id)
      .filter(({ name }) =>
        written.every((bytes) => !bytes.includes(textOf(name))),
      )
      .forEach(({ name }) => this.lost.add(name));
    this.primary.onDeath(id);
  }

  /** The client reads some of what has arrived, and has no connection any more. */
  lose(read: number): void {
    const { connection, worker } = this.client;
    this.client.read(read);
    this.client.lose();
    if (connection?.isOpen) {
      const at = this.#seconds;
      this.abandoned.set(connection, { worker: worker as number, at });
    }
  }

  emit(id: number, name: string, options: EmitOptions = {}): void {
    const { io, surroundings, known, wire } = this.worker(id);
    const { volatile, local, toRoom } = options;
    const workers = Array.from(this.workers.values());
    this.emissions.push({
      name,
      worker: id,
      options,
      isNumbered: wire === "ordered" && !volatile && !local,
      known: new Set(
        workers.filter(({ uid }) => known.includes(uid)).map((one) => one.id),
      ),
    });
    let selected = toRoom ? io.to(ROOM) : io.except([]);
    selected = volatile ? selected.volatile : selected;
    selected = local ? selected.local : selected;
    surroundings.run(() => selected.emit("event", textOf(name)));
  }

  /** The socket that the client has, or had, on a worker. */
  socketsOfClient(): Array<{ worker: ModelWorker; socket: Socket }> {
    const connections = [this.client.connection, ...this.abandoned.keys()];
    return Array.from(this.workers.values()).flatMap((worker) =>
      worker.isAlive
        ? Array.from(worker.io.of("/").sockets.values())
            .filter(({ conn }) => connections.includes(conn as never))
            .map((socket) => ({ worker, socket }))
        : [],
    );
  }

  /** The server disconnects the client for good. */
  disconnect(worker: ModelWorker, socket: Socket): void {
    this.client.until = this.momentAt(worker.id);
    worker.surroundings.run(() => void socket.disconnect(true));
  }

  momentAt(id: number): Moment {
    const emitted = this.emissions
      .filter(({ worker }) => worker === id)
      .map(({ name }) => name);
    const delivered = this.observers.get(id)?.connection?.unread ?? [];
    const skipped = this.primary.skipped.get(id) ?? [];
    return {
      worker: id,
      emitted: new Set(emitted),
      delivered: new Set([
        ...delivered.flatMap(eventsOf),
        ...this.emissions
          .map(({ name }) => name)
          .filter((name) =>
            skipped.some((bytes) => bytes.includes(textOf(name))),
          ),
      ]),
    };
  }

  changeRoom(worker: ModelWorker, socket: Socket, isJoin: boolean): void {
    this.roomChanges.push({ ...this.momentAt(worker.id), isJoin });
    worker.surroundings.run(
      () => void (isJoin ? socket.join(ROOM) : socket.leave(ROOM)),
    );
  }

  /** Whether no worker would have noticed by then that a connection is lost. */
  mayPass(seconds: number): boolean {
    return Array.from(this.abandoned).every(
      ([connection, { worker, at }]) =>
        !connection.isOpen ||
        this.worker(worker).isStopped ||
        this.#seconds + seconds - at <= MAX_NOTICE,
    );
  }

  /** Lets time pass, for those who are not stopped. What is under way arrives. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.#seconds++;
      await this.settle();
      this.client.read();
      for (const worker of this.workers.values()) {
        const { surroundings } = worker;
        if (worker.isStopped) {
          const lag = this.#lags.get(surroundings) ?? 0;
          this.#lags.set(surroundings, lag + 1_000);
        } else if (worker.isAlive) {
          await tick(surroundings, 1_000);
        }
      }
      await tick(this.primary.surroundings, 1_000);
    }
    await this.settle();
  }

  async resume(id: number): Promise<void> {
    const { surroundings } = this.worker(id);
    this.worker(id).isStopped = false;
    await tick(surroundings, this.#lags.get(surroundings) ?? 0);
    this.#lags.delete(surroundings);
  }

  get parties(): string[] {
    return [PRIMARY, CLIENT, ...Array.from(this.workers.keys(), workerParty)];
  }

  worker(id: number): ModelWorker {
    const worker = this.workers.get(id);
    if (worker === undefined) {
      throw new Error(`there is no worker ${id}`);
    }
    return worker;
  }

  /** Whether somebody else than the primary may still have to do with a worker. */
  #mayBeMet(id: number): boolean {
    const { client, scenario } = this;
    const left = scenario.threads.flatMap((moves, thread) =>
      moves.slice(this.#progress[thread]),
    );
    const mayReturn =
      scenario.client?.homes.includes(id) === true &&
      (client.connection === undefined || client.isCutOff);
    return (
      mayReturn ||
      scenario.slow !== undefined ||
      left.some(
        ({ parties, cutsOff }) =>
          cutsOff || parties === undefined || parties.includes(workerParty(id)),
      )
    );
  }

  /** @param maxOmitted - how much of a thread may be left out */
  #scripted(maxOmitted: number): Step[] {
    return this.scenario.threads.flatMap((moves, thread) => {
      const next = this.#progress[thread] as number;
      return moves.slice(next, next + maxOmitted + 1).flatMap((move, omitted) =>
        move.steps(this).map((step) => ({
          ...step,
          run: async () => {
            this.#progress[thread] = next + omitted + 1;
            await step.run();
          },
        })),
      );
    });
  }

  /** Time passes when nothing else can happen, and somebody waits for it. */
  get #waiting(): Step[] {
    const { client, idleSeconds } = this;
    return client.isWaiting && idleSeconds < MAX_IDLE_SECONDS
      ? [passing(this)]
      : [];
  }
}

function passing(world: World): Step {
  return {
    name: `second ${world.idleSeconds + 1} passes`,
    parties: world.parties,
    isSlow: true,
    run: async () => {
      world.idleSeconds++;
      await world.pass(1);
    },
  };
}

async function tick(surroundings: Surroundings, ms: number): Promise<void> {
  surroundings.run(() => surroundings.clock.tick(ms));
  await quiet();
}
