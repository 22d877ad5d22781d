import type { Socket } from "socket.io-client";
import { onceEvent, received } from "../support/client";
import type { ClientOptions } from "../support/client";
import type { TestCluster } from "../support/cluster";
import type { Kind, TestWorker } from "../support/worker";
import { workerOf } from "../support/worker";

/** One combination of who relays, who works and how the cluster serializes. */
export interface Column {
  primary: Kind;
  workers: [Kind, Kind, Kind];
  serialization: "json" | "advanced";
  parser?: "msgpack";
}

export interface Scenario {
  (scene: Scene): Promise<void>;
  /** In which columns the scenario is a fact; in all of them if absent. */
  appliesTo?: (column: Column) => boolean;
  /** It spends its time waiting for a timer: it runs beside the other scenarios of its column. */
  waits?: boolean;
}

/** Scenarios by their title. */
export interface Theme {
  name: string;
  scenarios: Record<string, Scenario>;
}

/** Buffers survive `advanced` serialization, and the fast wire on any channel. */
export function carriesBinary(column: Column): boolean {
  return (
    column.serialization === "advanced" ||
    [column.primary, ...column.workers].every((kind) => kind === "ours")
  );
}

export function isMixed({ workers }: Column): boolean {
  return new Set(workers).size > 1;
}

export function only(
  appliesTo: (column: Column) => boolean,
  scenario: (scene: Scene) => Promise<void>,
): Scenario {
  return Object.assign((scene: Scene) => scenario(scene), { appliesTo });
}

export function waits(
  scenario: (scene: Scene) => Promise<void>,
  appliesTo?: (column: Column) => boolean,
): Scenario {
  return Object.assign((scene: Scene) => scenario(scene), {
    appliesTo,
    waits: true,
  });
}

let scenes = 0;
let fences = 0;

/** What one scenario works with: the three workers of its column, a namespace and clients of its own. */
export class Scene {
  readonly nsp = `/scene-${++scenes}`;
  readonly workers: readonly [TestWorker, TestWorker, TestWorker];
  readonly #clients: Socket[] = [];
  readonly #others: Socket[] = [];

  private constructor(
    readonly cluster: TestCluster,
    readonly column: Column,
  ) {
    const [first, second, third] = cluster.workers;
    if (!first || !second || !third) {
      throw new Error("a scene needs three workers");
    }
    this.workers = [first, second, third];
  }

  /** The namespace is open, and known, on each of the workers. */
  static async open(cluster: TestCluster, column: Column): Promise<Scene> {
    const scene = new Scene(cluster, column);
    await cluster.formed(scene.nsp, [...scene.workers]);
    return scene;
  }

  close(): void {
    [...this.#clients, ...this.#others].forEach((client) =>
      client.disconnect(),
    );
  }

  /** A client of the scene's namespace. */
  async connect(
    worker: TestWorker,
    options: ClientOptions = {},
  ): Promise<Socket> {
    const client = await worker.connect(this.nsp, options);
    this.#clients.push(client);
    return client;
  }

  /** A client of another namespace. */
  async connectTo(
    worker: TestWorker,
    nsp: string,
    options: ClientOptions = {},
  ): Promise<Socket> {
    const client = await worker.connect(nsp, options);
    this.#others.push(client);
    return client;
  }

  /** One client on each of the workers. */
  async clients(): Promise<[Socket, Socket, Socket]> {
    const connected = await Promise.all(
      this.workers.map((worker) => worker.connect(this.nsp)),
    );
    this.#clients.push(...connected);
    return connected as [Socket, Socket, Socket];
  }

  /** The socket of the client joins the rooms, on its own worker. */
  async join(client: Socket, ...rooms: Array<string | number>): Promise<void> {
    await workerOf(client).run(
      async ({ io }, nsp, id, names) => {
        await io.of(nsp).sockets.get(id)?.join(names);
      },
      this.nsp,
      client.id as string,
      rooms as string[],
    );
  }

  /**
   * What has arrived under that name at each of the scene's clients, in the order in which they were connected, once
   * everything that `from` had sent before has: a marker that it sends to all of them has come through.
   */
  async arrived(
    event: string,
    from: TestWorker,
    nsp = this.nsp,
    clients = this.#clients,
  ): Promise<unknown[][][]> {
    await this.fence(from, nsp, clients);
    return clients.map((client) => received(client, event));
  }

  async fence(
    from: TestWorker,
    nsp = this.nsp,
    clients = this.#clients,
  ): Promise<void> {
    const marker = `fence-${++fences}`;
    await from.run(
      ({ io }, name, event) => void io.of(name).emit(event),
      nsp,
      marker,
    );
    await Promise.all(
      clients
        .filter((client) => client.connected)
        .map((client) => onceEvent(client, marker)),
    );
  }
}
