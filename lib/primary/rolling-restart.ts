/**
 * Replaces workers without a moment in which nobody serves, and without a stampede of their clients.
 */
import type { Worker } from "node:cluster";
import { invalidOption, restartFailed } from "../errors";
import type { ResolvedRestartOptions } from "../options";
import type { Clock } from "../clock";
import {
  nameOf,
  workerText,
  type Announcer,
  type RestartEvent,
  type WorkerEvent,
} from "./events";
import type { Relay } from "./relay";

type Phase = RestartEvent["phase"];

export interface RestartPorts {
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly relay: Pick<Relay<Worker>, "isMember" | "drain">;
  /** Whether a worker listens on a port by itself. */
  readonly isListening: (worker: Worker) => boolean;
  readonly fork: (worker: Worker) => Worker;
  /** Keeps new connections from a worker, until it is shown. */
  readonly hide: (worker: Worker) => void;
  readonly show: (worker: Worker) => void;
}

export class RollingRestart {
  readonly #ports: RestartPorts;
  readonly #options: ResolvedRestartOptions;
  readonly #drained = new Set<number>();
  readonly #checks = new Set<() => void>();
  #done = 0;
  #total = 0;
  #failure: Error | undefined;

  constructor(ports: RestartPorts, options: ResolvedRestartOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /** Something has happened to a worker: those who wait look again whether it was that. */
  check(): void {
    this.#checks.forEach((check) => check());
  }

  /** Rejects with `ERR_RESTART` when a replacement does not come up, once what is under way is done. */
  async run(workers: readonly Worker[]): Promise<void> {
    const { emitter } = this.#ports.announcer;
    const onJoin = (): void => this.check();
    const onDrained = ({ worker }: WorkerEvent): void => {
      this.#drained.add(worker.id);
      this.check();
    };
    emitter.on("nodeJoin", onJoin).on("drained", onDrained);
    try {
      await this.#replaceEach(Array.from(workers));
    } finally {
      emitter.off("nodeJoin", onJoin).off("drained", onDrained);
    }
    if (this.#failure) {
      throw restartFailed(this.#failure, this.#done, this.#total);
    }
  }

  async #replaceEach(waiting: Worker[]): Promise<void> {
    this.#total = waiting.length;
    const replaceNext = async (): Promise<void> => {
      const worker = waiting.shift();
      if (worker !== undefined && this.#failure === undefined) {
        if (worker.isDead() || worker.exitedAfterDisconnect) {
          // somebody ends it, or whoever keeps the number of workers has started another one by now
          this.#done++;
        } else {
          await this.#replace(worker).catch((error: Error) => {
            this.#failure = this.#failure ?? error;
          });
        }
        await replaceNext();
      }
    };
    const length = Math.min(this.#options.concurrency, this.#total);
    await Promise.all(Array.from({ length }, replaceNext));
  }

  async #replace(worker: Worker): Promise<void> {
    const { fork, hide, show, announcer } = this.#ports;
    const report = (phase: Phase): void =>
      announcer.announce("restart", {
        phase,
        worker: nameOf(worker),
        replacement: nameOf(replacement),
        done: this.#done,
        total: this.#total,
      });
    const replacement = fork(worker);
    if (typeof Object(replacement).isDead !== "function") {
      throw invalidOption('what "fork" returns', replacement, "a worker");
    }
    // if it ends before it is ready, nobody is to start another one in its place; a worker that has the mark before it
    // ends gets no port from `cluster`
    const mark = (): void => {
      replacement.exitedAfterDisconnect = true;
    };
    replacement.prependListener("disconnect", mark);
    replacement.prependListener("exit", mark);
    // it would keep them waiting
    hide(replacement);
    report("forked");
    try {
      await this.#comeUp(replacement, worker);
    } catch (error) {
      mark();
      await this.#end(replacement);
      throw error;
    }
    replacement.off("disconnect", mark).off("exit", mark);
    show(replacement);
    report("ready");
    // nobody is to start another one in its place
    worker.exitedAfterDisconnect = true;
    hide(worker);
    await this.#drain(worker);
    report("drained");
    await this.#end(worker);
    this.#done++;
    report("ended");
  }

  /** Throws when the replacement does not serve in time. */
  async #comeUp(replacement: Worker, worker: Worker): Promise<void> {
    const { relay, isListening } = this.#ports;
    const { readyTimeout } = this.#options;
    const isUp = (): boolean =>
      relay.isMember(replacement) &&
      (isListening(replacement) || !isListening(worker));
    await this.#until(() => isUp() || replacement.isDead(), readyTimeout);
    const name = workerText(nameOf(replacement));
    if (replacement.isDead()) {
      throw new Error(`${name} has ended before it was ready`);
    }
    if (!isUp()) {
      throw new Error(`${name} was not ready within ${readyTimeout} ms`);
    }
  }

  async #drain(worker: Worker): Promise<void> {
    const { drainDuration, killTimeout } = this.#options;
    if (this.#ports.relay.drain(worker, drainDuration)) {
      await this.#until(
        () => this.#drained.has(worker.id) || worker.isDead(),
        drainDuration + killTimeout,
      );
    }
  }

  /** Disconnects a worker, which lets it finish what it does, and kills it if it does not end. */
  async #end(worker: Worker): Promise<void> {
    const isDead = (): boolean => worker.isDead();
    for (const step of [
      () => worker.isConnected() && worker.disconnect(),
      () => worker.process.kill("SIGTERM"),
      () => worker.process.kill("SIGKILL"),
    ]) {
      if (!isDead()) {
        step();
        await this.#until(isDead, this.#options.killTimeout);
      }
    }
  }

  /** Waits until a condition holds, for a limited time. */
  #until(condition: () => boolean, timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#checks.delete(check);
        cancelTimer();
        resolve();
      };
      const check = (): void => {
        if (condition()) {
          end();
        }
      };
      const cancelTimer = this.#ports.clock.after(timeout, end);
      this.#checks.add(check);
      check();
    });
  }
}
