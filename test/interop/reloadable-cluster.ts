import assert from "node:assert/strict";
import type { Worker } from "node:cluster";
import type { EventEmitter } from "node:events";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { Socket } from "socket.io-client";
import { type ClientOptions, connectClient } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import { isAlive, noteStarted, signalTo } from "../support/process";
import type { PrimaryContext } from "../support/remote";
import { waitFor, within } from "../support/wait";
import type { Kind } from "../support/worker";
import { openPort } from "./sticky-front";

const MAX_ATTEMPTS = 200;

interface Balancer extends EventEmitter {
  run(): void;
  reload(callback: () => void): void;
  workers(): Worker[];
}
type Recluster = (file: string, options: object) => Balancer;

/** A primary whose two workers are forked, reloaded and ended by `recluster`. */
export class ReloadableCluster {
  readonly #cluster: TestCluster;
  readonly #clients: Socket[] = [];
  readonly #pids = new Set<number>();
  #port = 0;

  private constructor(cluster: TestCluster) {
    this.#cluster = cluster;
  }

  /** Workers that share a port, and drain their clients when they are asked to disconnect. */
  static async withSharedPort(kind: Kind): Promise<ReloadableCluster> {
    const self = await ReloadableCluster.#open(kind);
    await self.#run("shared-port-worker.js", { timeout: 3_600 });
    return self;
  }

  /** Workers behind `@socket.io/sticky`, as the documentation has it. */
  static async behindSticky(kind: Kind): Promise<ReloadableCluster> {
    const self = await ReloadableCluster.#open(kind);
    self.#port = await self.#cluster.primary.run(openPort, "least-connection");
    await self.#run("documented-worker.js", {
      timeout: 1,
      readyWhen: "started",
    });
    return self;
  }

  static async #open(kind: Kind): Promise<ReloadableCluster> {
    return new ReloadableCluster(
      await startCluster({
        primary: kind,
        workers: [],
        serialization: "advanced",
        env: { ADAPTER_KIND: kind },
      }),
    );
  }

  /** The workers that have not been asked to disconnect. */
  async activePids(): Promise<number[]> {
    return this.#cluster.primary.run(({ cluster }) =>
      Object.values(cluster.workers ?? {}).map(
        (worker) => worker?.process.pid as number,
      ),
    );
  }

  /** Resolves when new workers have taken the place of the present ones, which are now draining. */
  async reload(): Promise<void> {
    await this.#cluster.primary.run(
      ({ state }) =>
        new Promise<void>((resolve) => {
          (state.balancer as Balancer).reload(resolve);
        }),
    );
    await this.#notePids();
  }

  /** Calls `worker.disconnect()` in the primary. */
  async disconnect(pid: number): Promise<void> {
    await this.#cluster.primary.run(({ cluster }, asked) => {
      Object.values(cluster.workers ?? {})
        .find((worker) => worker?.process.pid === asked)
        ?.disconnect();
    }, pid);
  }

  /** The primary sends a marker over the channel of each worker, draining or not; they pass it on to their clients. */
  async echo(marker: string): Promise<void> {
    await this.#cluster.primary.run(({ state }, echo) => {
      for (const worker of (state.balancer as Balancer).workers()) {
        worker.send({ echo });
      }
    }, marker);
  }

  async connect(options: ClientOptions = {}): Promise<Socket> {
    const client = await connectClient(
      `http://127.0.0.1:${this.#port}`,
      options,
    );
    this.#clients.push(client);
    return client;
  }

  /** A client on each of these workers, in that order. */
  async connectToEach(
    pids: number[],
    options: ClientOptions = {},
  ): Promise<Socket[]> {
    const found = new Map<number, Socket>();
    for (let i = 0; pids.some((pid) => !found.has(pid)); i++) {
      assert.ok(i < MAX_ATTEMPTS, "a worker gets no connection");
      const client = await this.connect(options);
      const pid = await pidOf(client);
      if (found.has(pid)) {
        client.disconnect();
      } else {
        found.set(pid, client);
      }
    }
    return pids.map((pid) => found.get(pid) as Socket);
  }

  async stop(): Promise<void> {
    this.#clients.forEach((client) => client.disconnect());
    await this.#cluster.stop();
    for (const pid of this.#pids) {
      // a worker whose channel has closed does not follow its primary
      if (isAlive(pid)) {
        signalTo(pid, "SIGKILL");
      }
      await gone(pid);
    }
  }

  async #run(script: string, options: object): Promise<void> {
    try {
      const port = await this.#cluster.primary.run(
        runBalancer,
        resolve(__dirname, "../../test/fixtures/interop", script),
        options,
      );
      this.#port = port ?? this.#port;
      await this.#notePids();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #notePids(): Promise<void> {
    for (const pid of await this.activePids()) {
      this.#pids.add(pid);
      noteStarted(pid);
    }
  }
}

/** Runs in the primary: starts the workers, and resolves with the port on which they listen, if they do. */
function runBalancer(
  { cluster, require, state }: PrimaryContext,
  file: string,
  options: object,
): Promise<number | undefined> {
  const recluster = require("recluster") as Recluster;
  const balancer = recluster(file, {
    workers: 2,
    log: { respawns: false },
    ...options,
  });
  state.balancer = balancer;
  cluster.on("fork", ({ process: { stdout, stderr } }) => {
    stdout?.resume();
    stderr?.resume();
  });

  let started = 0;
  const ready = new Promise<number | undefined>((resolve) => {
    balancer.on("ready", (_: Worker, address?: AddressInfo) => {
      if (++started === 2) {
        resolve(address?.port);
      }
    });
  });
  balancer.run();
  return ready;
}

/** The worker that serves a client. */
export async function pidOf(client: Socket): Promise<number> {
  return (await client.timeout(10_000).emitWithAck("pid")) as number;
}

export async function gone(pid: number): Promise<void> {
  await waitFor(() => !isAlive(pid), { message: `process ${pid} ends` });
}

/** Asks the worker of a client for something. */
export async function ask<T>(client: Socket, what: string): Promise<T> {
  return within(client.emitWithAck(what) as Promise<T>, {
    message: `a worker answers "${what}"`,
  });
}
