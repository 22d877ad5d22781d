import type { Socket } from "socket.io-client";
import { type ClientOptions, connectClient } from "./client";
import { type ExitInfo, type ProcessWarning, signalTo } from "./process";
import type { Remote, Task, WorkerContext } from "./remote";

export type Kind = "ours" | "published";

export interface WorkerSettings {
  /** The argument of `createAdapter()`; without it there is none. */
  adapterOptions?: object;
  /** The options of `new Server()`, as far as JSON carries them. */
  serverOptions?: object;
  parser?: "default" | "msgpack";
  env?: NodeJS.ProcessEnv;
  /** Connections come from `@socket.io/sticky` in the primary, too. */
  isSticky?: boolean;
  /** All such workers listen on one port, which the primary opens for them. */
  sharesPort?: boolean;
}

export interface WorkerSpec extends WorkerSettings {
  kind: Kind;
}

const owners = new WeakMap<Socket, TestWorker>();

/** The worker to which a client was connected. */
export function workerOf(client: Socket): TestWorker {
  const worker = owners.get(client);
  if (!worker) {
    throw new Error("not a client of the harness");
  }
  return worker;
}

/** One worker of a cluster under test, seen from the test. */
export class TestWorker {
  readonly kind: Kind;
  readonly warnings: ProcessWarning[] = [];
  readonly clients = new Set<Socket>();
  /** Resolves when the process is gone. */
  readonly exited: Promise<ExitInfo>;
  exit: ExitInfo | undefined;
  port = 0;
  readonly #remote: Remote;
  readonly #msgpack: boolean;
  #resolveExited: (info: ExitInfo) => void = () => {};

  constructor(
    remote: Remote,
    spec: WorkerSpec,
    /** The position in `cluster.workers` of the test. */
    readonly index: number,
    /** The number that the cluster module gave it. */
    readonly id: number,
    readonly pid: number,
  ) {
    this.kind = spec.kind;
    this.#remote = remote;
    this.#msgpack = spec.parser === "msgpack";
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /**
   * Runs a function inside the worker and brings back what it returns. It is sent as text: it sees the context and its
   * JSON arguments, nothing else.
   */
  run<Args extends unknown[], Result>(
    task: Task<WorkerContext, Args, Result>,
    ...args: Args
  ): Promise<Awaited<Result>> {
    return this.#remote.run(this.id, task, args);
  }

  /** A new client over a connection of its own, connected to the namespace. */
  async connect(nsp = "/", options: ClientOptions = {}): Promise<Socket> {
    const client = await connectClient(this.url + nsp, {
      msgpack: this.#msgpack,
      ...options,
    });
    owners.set(client, this);
    this.clients.add(client);
    return client;
  }

  /** Sends a signal to the process. While coverage is being taken, what it has counted is saved first. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (process.env.NODE_V8_COVERAGE && signal === "SIGKILL") {
      await this.run(({ require }) => {
        (require("node:v8") as typeof import("node:v8")).takeCoverage();
      });
    }
    if (!this.exit) {
      signalTo(this.pid, signal);
    }
  }

  closeClients(): void {
    this.clients.forEach((client) => client.disconnect());
    this.clients.clear();
  }

  /** For the cluster: the process is gone. */
  noteExit(info: ExitInfo): void {
    this.exit = info;
    this.#resolveExited(info);
  }
}
