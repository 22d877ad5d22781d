import { deserialize, serialize } from "node:v8";
import { Announcer, type WorkerName } from "../../dist/primary/events";
import { Relay, TICK, type RelayOptions } from "../../dist/primary/relay";
import { Surroundings } from "./surroundings";

const LIMITS = {
  maxBacklogBytes: 1e6,
  maxBacklogMessages: 1e3,
  maxLogBytes: 1e6,
  maxLogEntries: 1e3,
  maxSessions: 1e3,
};

export type Limits = Partial<typeof LIMITS>;

interface UnderWay {
  readonly message: object;
  /** Tells the primary that it has left. */
  readonly onTaken: () => void;
}

/** The primary: a real relay, on channels of which the model holds the other ends. */
export class ModelPrimary {
  readonly surroundings = new Surroundings();
  readonly relay: Relay<number>;
  readonly clock: RelayOptions<number>["clock"] = {
    now: () => this.surroundings.clock.now,
    after: (ms, callback) => {
      const { clock } = this.surroundings;
      const timer = clock.setTimeout(callback, ms);
      return () => clock.clearTimeout(timer);
    },
  };
  /** All that was read before a worker whose backlog was discarded read again, as bytes: what it never gets is in it. */
  readonly skipped = new Map<number, readonly Buffer[]>();
  readonly #read: Buffer[] = [];
  /** What each worker has not read yet. */
  readonly #sent = new Map<number, UnderWay[]>();

  /** @param slow - the worker to which a write is under way until it is read */
  constructor(
    limits: Limits,
    private readonly slow: number | undefined,
  ) {
    const { clock } = this.surroundings;
    const announcer = new Announcer();
    announcer.emitter.on("resume", ({ worker }: { worker: WorkerName }) => {
      this.skipped.set(worker.id, [...this.#read]);
    });
    this.relay = this.surroundings.run(() => {
      const relay = new Relay<number>({
        ...LIMITS,
        ...limits,
        clock: this.clock,
        nameOf: (id) => ({ id, pid: undefined }),
        announcer,
        send: (...args) => this.#send(...args),
      });
      clock.setInterval(() => relay.tick(), TICK);
      return relay;
    });
  }

  onFork(worker: number): void {
    this.#sent.set(worker, []);
    this.surroundings.run(() => this.relay.onFork(worker));
  }

  receive(worker: number, message: object): void {
    this.#read.push(serialize(message));
    this.surroundings.run(() => this.relay.onMessage(worker, message));
  }

  /** Nothing reaches a worker any more. */
  onDeath(worker: number): void {
    const lost = this.#sent.get(worker) ?? [];
    this.#sent.delete(worker);
    this.surroundings.run(() => lost.forEach(({ onTaken }) => onTaken()));
  }

  onLeave(worker: number): void {
    this.surroundings.run(() => this.relay.onLeave(worker));
  }

  underWayTo(worker: number): readonly UnderWay[] {
    return this.#sent.get(worker) ?? [];
  }

  /** The oldest message that a worker has not read. */
  take(worker: number): object | undefined {
    const taken = this.#sent.get(worker)?.shift();
    if (worker === this.slow && taken) {
      this.surroundings.run(taken.onTaken);
    }
    return taken?.message;
  }

  #send(
    ...[worker, message, callback]: Parameters<RelayOptions<number>["send"]>
  ): void {
    const copy = deserialize(serialize(message)) as object;
    this.#sent.get(worker)?.push({ message: copy, onTaken: callback });
    if (worker !== this.slow || !this.#sent.has(worker)) {
      process.nextTick(callback);
    }
  }
}
