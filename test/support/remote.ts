import type { Emitter, PrimaryHandle } from "../../dist";
import { type ChildProcess, fork } from "node:child_process";
import type { Cluster, Worker } from "node:cluster";
import { resolve } from "node:path";
import type { Server } from "socket.io";
import type * as published from "cluster-adapter-published";
import {
  type ExitInfo,
  type ProcessWarning,
  describeExit,
  noteStarted,
} from "./process";
import type { WorkerSpec } from "./worker";

/** What a function that runs inside a worker gets as its first argument. */
export interface WorkerContext {
  io: Server;
  Server: typeof Server;
  http: typeof import("node:http");
  cluster: Cluster;
  require: NodeJS.Require;
  /** Lives as long as the worker. */
  state: Record<string, unknown>;
  createAdapter: typeof published.createAdapter;
  NodeClusterAdapter: typeof published.NodeClusterAdapter;
  /** All that the package of the adapter exports. */
  adapterPackage: Record<string, unknown>;
}

/** What a function that runs inside the primary gets as its first argument. */
export interface PrimaryContext {
  cluster: Cluster;
  require: NodeJS.Require;
  /** Lives as long as the primary. */
  state: Record<string, unknown>;
  /** What `setupPrimary()` returned. */
  handle: PrimaryHandle;
  /** Forks one more worker, which the test sees at the end of `cluster.workers`. */
  fork(spec: WorkerSpec, env?: NodeJS.ProcessEnv): Worker;
  setupPrimary: typeof published.setupPrimary;
  Emitter: typeof Emitter;
  /** All that the package of the adapter exports. */
  adapterPackage: Record<string, unknown>;
}

/** A function that is sent as source text: it sees its parameters and nothing of the scope in which it was written. */
export type Task<Context, Args extends unknown[], Result> = (
  context: Context,
  ...args: Args
) => Result | Promise<Result>;

interface Call {
  worker: number | undefined;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

type Report =
  | { op: "ready"; worker?: number; port?: number }
  | ({ op: "forked"; call?: number } & Forked)
  | { op: "result"; call: number; value?: string; error?: string }
  | ({ op: "exit"; worker: number } & ExitInfo)
  | ({ op: "warning"; worker?: number } & ProcessWarning);

export interface Forked {
  worker: number;
  pid: number;
  spec: WorkerSpec;
}

export interface RemoteEvents {
  /** The primary has forked a worker by itself. */
  forked(forked: Forked): void;
  ready(worker: number | undefined, port: number | undefined): void;
  exit(worker: number | undefined, info: ExitInfo): void;
  warning(worker: number | undefined, warning: ProcessWarning): void;
}

/** The line to a forked primary and, through it, to its workers. */
export class Remote {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, Call>();
  readonly #gone = new Map<number | undefined, ExitInfo>();
  readonly #events: RemoteEvents;
  #lastCall = 0;
  #stderr = "";

  constructor(config: object, env: NodeJS.ProcessEnv, events: RemoteEvents) {
    this.#events = events;
    this.#child = fork(resolve(__dirname, "../../test/fixtures/primary.js"), {
      execArgv: [],
      silent: true,
      env: { ...process.env, ...env, HARNESS_PRIMARY: JSON.stringify(config) },
    });
    this.pid = this.#child.pid as number;
    noteStarted(this.pid);

    this.#child.stdout?.resume();
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#stderr = (this.#stderr + chunk).slice(-8192);
      if (process.env.DEBUG) {
        process.stderr.write(chunk);
      }
    });
    this.#child.on("message", (message: { harness: Report }) => {
      this.#onReport(message.harness);
    });
    this.#child.once("close", (code, signal) => {
      this.#onExit(undefined, { code, signal, stderr: this.#stderr });
    });
  }

  run<Context, Args extends unknown[], Result>(
    worker: number | undefined,
    task: Task<Context, Args, Result>,
    args: Args,
  ): Promise<Awaited<Result>> {
    return this.#call(worker, {
      op: "run",
      source: task.toString(),
      args: JSON.stringify(args),
    }) as Promise<Awaited<Result>>;
  }

  fork(spec: WorkerSpec, env: NodeJS.ProcessEnv = {}): Promise<Forked> {
    const request = { op: "fork", spec, env };
    return this.#call(undefined, request) as Promise<Forked>;
  }

  #call(worker: number | undefined, request: object): Promise<unknown> {
    const gone = this.#gone.get(undefined) ?? this.#gone.get(worker);
    if (gone) {
      return Promise.reject(this.#failure(worker, gone));
    }
    const call = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { worker, resolve, reject });
      this.#child.send({ harness: { ...request, call, worker } }, (error) => {
        if (error && this.#calls.delete(call)) {
          reject(error);
        }
      });
    });
  }

  #onReport(report: Report): void {
    switch (report.op) {
      case "ready":
        this.#events.ready(report.worker, report.port);
        break;
      case "forked":
        noteStarted(report.pid);
        if (report.call === undefined) {
          this.#events.forked(report);
        } else {
          this.#settle(report.call)?.resolve(report);
        }
        break;
      case "result": {
        const call = this.#settle(report.call);
        if (report.error !== undefined) {
          call?.reject(rebuildError(report.error));
        } else {
          call?.resolve(report.value && JSON.parse(report.value));
        }
        break;
      }
      case "exit":
        this.#onExit(report.worker, report);
        break;
      case "warning":
        this.#events.warning(report.worker, report);
        break;
    }
  }

  #settle(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call;
  }

  #onExit(
    worker: number | undefined,
    { code, signal, stderr }: ExitInfo,
  ): void {
    const info = { code, signal, stderr };
    this.#gone.set(worker, info);
    for (const [id, call] of this.#calls) {
      if (worker === undefined || call.worker === worker) {
        this.#calls.delete(id);
        call.reject(this.#failure(call.worker, info));
      }
    }
    this.#events.exit(worker, info);
  }

  #failure(worker: number | undefined, info: ExitInfo): Error {
    const who =
      worker === undefined || this.#gone.get(worker) !== info
        ? "the primary"
        : `worker ${worker}`;
    return new Error(describeExit(who, info));
  }
}

function rebuildError(text: string): Error {
  const { stack, ...fields } = JSON.parse(text) as Error & { code?: string };
  const error = Object.assign(new Error(fields.message), fields);
  error.stack = `${stack}\n    -- in the other process; called:\n${error.stack}`;
  return error;
}
