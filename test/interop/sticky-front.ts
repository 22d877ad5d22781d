import assert from "node:assert/strict";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Socket } from "socket.io-client";
import { connectClient } from "../support/client";
import type { TestCluster } from "../support/cluster";
import type { PrimaryContext } from "../support/remote";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";

// none of the methods promises that a worker gets one of the first connections, "random" least of all
const MAX_ATTEMPTS = 200;

interface Sticky {
  setupMaster(server: HttpServer, opts: { loadBalancingMethod: string }): void;
  setupWorker(io: object): void;
}

/** Runs in the primary: opens a port whose connections go to the workers. */
export async function openPort(
  { require }: PrimaryContext,
  loadBalancingMethod: string,
): Promise<number> {
  const { setupMaster } = require("@socket.io/sticky") as Sticky;
  const { createServer } = require("node:http") as typeof import("node:http");
  const server = createServer();
  setupMaster(server, { loadBalancingMethod });

  // Node goes on reading from a connection that it has passed until the worker has acknowledged it, and drops what it
  // reads: on a busy machine that may be the first packet of a client, which then waits in vain
  server.on("connection", (socket) => {
    const { _handle: handle } = socket as unknown as {
      _handle: { readStop(): void; readStart(): void };
    };
    socket.prependListener("data", () => handle.readStop());
    socket.on("data", () => {
      const isPassed = !(socket as unknown as { _handle?: object })._handle;
      if (!isPassed) {
        handle.readStart();
      }
    });
  });

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** The port of a primary that hands its connections out to the workers, and the clients that came through it. */
export class StickyFront {
  readonly #clients: Socket[] = [];

  private constructor(
    readonly cluster: TestCluster,
    readonly url: string,
  ) {}

  static async open(
    cluster: TestCluster,
    method: string,
  ): Promise<StickyFront> {
    await Promise.all(
      cluster.workers.map((worker) =>
        worker.run(({ io, require }) => {
          (require("@socket.io/sticky") as Sticky).setupWorker(io);
        }),
      ),
    );
    const port = await cluster.primary.run(openPort, method);
    return new StickyFront(cluster, `http://127.0.0.1:${port}`);
  }

  async connect(transports: string[]): Promise<Socket> {
    const client = await this.#tryToConnect(transports);
    this.#clients.push(client);
    await waitFor(
      () =>
        client.io.engine.transport.name === transports[transports.length - 1],
      { message: `a client of ${transports.join(" and ")} has upgraded` },
    );
    return client;
  }

  /** One client on each worker, in the order of the workers. */
  async connectToEach(transports: string[]): Promise<Socket[]> {
    const found = new Map<TestWorker, Socket>();
    const { workers } = this.cluster;
    for (let i = 0; found.size < workers.length; i++) {
      assert.ok(i < MAX_ATTEMPTS, "a worker gets no connection");
      const client = await this.connect(transports);
      const worker = await this.workerOf(client);
      if (found.has(worker)) {
        await this.#leave(client);
      } else {
        found.set(worker, client);
      }
    }
    return workers.map((worker) => found.get(worker) as Socket);
  }

  async #tryToConnect(transports: string[]): Promise<Socket> {
    for (let i = 0; ; i++) {
      try {
        return await connectClient(this.url, { transports });
      } catch (error) {
        // a client that polls may come back before the primary has heard from the worker that the session is there
        const isRefused = (error as Error).message.startsWith("xhr");
        if (i > MAX_ATTEMPTS || !isRefused) {
          throw error;
        }
      }
    }
  }

  async workerOf(client: Socket): Promise<TestWorker> {
    for (const worker of this.cluster.workers) {
      const isThere = await worker.run(
        ({ io }, id) => io.of("/").sockets.has(id),
        client.id as string,
      );
      if (isThere) {
        return worker;
      }
    }
    throw new Error(`no worker has client ${client.id}`);
  }

  /** Later counts of clients must not see it any more. */
  async #leave(client: Socket): Promise<void> {
    const { id } = client;
    const worker = await this.workerOf(client);
    client.disconnect();
    await waitFor(
      async () =>
        !(await worker.run(
          ({ io }, gone) => io.of("/").sockets.has(gone),
          id as string,
        )),
      { message: `client ${id} leaves` },
    );
  }

  close(): void {
    this.#clients.forEach((client) => client.disconnect());
  }
}
