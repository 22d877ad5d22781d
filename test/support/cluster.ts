import { resolve } from "node:path";
import {
  type ExitInfo,
  type ProcessWarning,
  describeExit,
  isAlive,
  signalTo,
} from "./process";
import { type Forked, type PrimaryContext, Remote, type Task } from "./remote";
import { eventually, waitFor, within } from "./wait";
import {
  type Kind,
  TestWorker,
  type WorkerSettings,
  type WorkerSpec,
} from "./worker";

export interface ClusterSettings extends WorkerSettings {
  /** Whose `setupPrimary()` the primary calls. */
  primary: Kind | "none";
  /** Arguments of `setupPrimary()`, as far as JSON carries them. @default [] */
  primaryArgs?: unknown[];
  workers: Array<Kind | WorkerSpec>;
  serialization: "json" | "advanced";
  /** A file that runs in the place of `test/fixtures/worker.js`, which it may `require()`. */
  workerScript?: string;
}

/** The primary of a cluster under test, seen from the test. */
class TestPrimary {
  readonly warnings: ProcessWarning[] = [];
  readonly exited: Promise<ExitInfo>;
  exit: ExitInfo | undefined;
  #resolveExited: (info: ExitInfo) => void = () => {};

  constructor(private readonly remote: () => Remote) {
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
  }

  get pid(): number {
    return this.remote().pid;
  }

  run<Args extends unknown[], Result>(
    task: Task<PrimaryContext, Args, Result>,
    ...args: Args
  ): Promise<Awaited<Result>> {
    return this.remote().run(undefined, task, args);
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    if (!this.exit) {
      signalTo(this.pid, signal);
    }
  }

  noteExit(info: ExitInfo): void {
    this.exit = info;
    this.#resolveExited(info);
  }
}

export class TestCluster {
  readonly primary = new TestPrimary(() => this.#remote);
  readonly workers: TestWorker[] = [];
  readonly #remote: Remote;
  readonly #settings: ClusterSettings;
  #stopped: Promise<void> | undefined;

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
    const config = {
      kind: settings.primary,
      primaryArgs: settings.primaryArgs ?? [],
      serialization: settings.serialization,
      workerScript:
        settings.workerScript ??
        resolve(__dirname, "../../test/fixtures/worker.js"),
    };
    this.#remote = new Remote(config, settings.env ?? {}, {
      forked: (forked) => this.#add(forked),
      ready: (worker, port) => {
        const party = this.#party(worker);
        if (party instanceof TestWorker && port !== undefined) {
          party.port = port;
        }
      },
      warning: (worker, { name, message, code }) =>
        this.#party(worker)?.warnings.push({ name, message, code }),
      exit: (worker, info) => this.#onExit(worker, info),
    });
  }

  /** The workers whose process is there. */
  get alive(): TestWorker[] {
    return this.workers.filter((worker) => !worker.exit);
  }

  /** Adds a worker and waits until it listens; `formed()` waits for the others to count it. */
  async fork(kind: Kind | WorkerSpec): Promise<TestWorker> {
    const { adapterOptions, serverOptions, parser, isSticky, sharesPort } =
      this.#settings;
    const { env, ...spec }: WorkerSpec = {
      adapterOptions,
      serverOptions,
      parser,
      isSticky,
      sharesPort,
      ...(typeof kind === "string" ? { kind } : kind),
    };
    const worker = this.#add(await this.#remote.fork(spec, env));
    await waitFor(
      () => {
        const exit = worker.exit ?? this.primary.exit;
        if (exit) {
          throw new Error(describeExit("before it was ready, a process", exit));
        }
        return worker.port;
      },
      // many processes may start at the same time
      { deadline: 60_000, message: `worker ${worker.id} listens` },
    );
    return worker;
  }

  #add({ worker: id, pid, spec }: Forked): TestWorker {
    const worker = new TestWorker(
      this.#remote,
      spec,
      this.workers.length,
      id,
      pid,
    );
    this.workers.push(worker);
    return worker;
  }

  /** Opens the namespace on the workers and waits until each counts all of them. */
  async formed(nsp = "/", workers = this.alive): Promise<void> {
    await Promise.all(
      workers.map((worker) =>
        worker.run(({ io }, name) => void io.of(name), nsp),
      ),
    );
    await eventually(() =>
      Promise.all(
        workers.map((worker) =>
          worker.run(
            async ({ io }, name, expected) => {
              const count = await io.of(name).adapter.serverCount();
              if (count !== expected) {
                throw new Error(`counts ${count} servers of ${expected}`);
              }
            },
            nsp,
            workers.length,
          ),
        ),
      ),
    );
  }

  /** Ends all processes and clients; what does not end on SIGTERM is killed. Leaves nothing. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.workers.forEach((worker) => worker.closeClients());
    await Promise.all(
      this.alive.map((worker) => end(worker.pid, worker.exited)),
    );
    if (!this.primary.exit) {
      await end(this.primary.pid, this.primary.exited);
    }
    await Promise.all(this.workers.map((worker) => worker.exited));
  }

  #party(worker: number | undefined): TestPrimary | TestWorker | undefined {
    return worker === undefined
      ? this.primary
      : this.workers.find(({ id }) => id === worker);
  }

  #onExit(worker: number | undefined, info: ExitInfo): void {
    this.#party(worker)?.noteExit(info);
    if (worker === undefined) {
      // nobody is left who would report how the workers end
      for (const orphan of this.alive) {
        void waitFor(() => !isAlive(orphan.pid), { deadline: 60_000 }).then(
          () => orphan.noteExit({ code: null, signal: null, stderr: "" }),
        );
      }
    }
  }
}

async function end(pid: number, exited: Promise<ExitInfo>): Promise<void> {
  signalTo(pid, "SIGTERM");
  try {
    await within(exited, { deadline: 2_000 });
  } catch {
    signalTo(pid, "SIGKILL");
    await within(exited, { message: `process ${pid} ends when killed` });
  }
}

/** Starts a primary and its workers; resolves when every worker listens and counts all of them. */
export async function startCluster(
  settings: ClusterSettings,
): Promise<TestCluster> {
  const cluster = new TestCluster(settings);
  try {
    await Promise.all(settings.workers.map((kind) => cluster.fork(kind)));
    if (settings.primary !== "none") {
      await cluster.formed();
    }
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
