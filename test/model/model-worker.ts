import { deserialize, serialize } from "node:v8";
import { createAdapter as createPublished } from "cluster-adapter-published";
import { Server, type ServerOptions, type Socket } from "socket.io";
import { createAdapter } from "../../dist";
import { Link } from "../../dist/worker/link";
import type { Channel } from "../../dist/worker/channel";
import { FakeConnection } from "./fake-connection";
import { Surroundings } from "./surroundings";

type Accept = (connection: FakeConnection) => void;

export interface WorkerSettings {
  /** Whether it runs the published 0.3.0. */
  readonly isOld?: boolean;
  /** Whether what it sends leaves with a later turn of the event loop. */
  readonly isBusy?: boolean;
  readonly serverOptions?: Partial<ServerOptions>;
  /** Whether each new session joins the room first of all. */
  readonly isInRoom?: boolean;
  /** Whether clients are let in by a step of its own. */
  readonly hasMiddleware?: boolean;
}

/** A worker: a real server with a real adapter, on a channel of which the model holds the other end. */
export class ModelWorker {
  readonly surroundings: Surroundings;
  /** What the primary has not read yet. */
  readonly sent: object[] = [];
  readonly io: Server;
  /** The clients that wait for a middleware. */
  readonly waiting: Array<() => void> = [];
  isAlive = true;
  /** Whether the primary knows that it is not alive. */
  isGone = false;
  /** Whether it neither reads nor writes, as after SIGSTOP. */
  isStopped = false;
  readonly connections: FakeConnection[] = [];
  /** All that it has ever sent, as bytes. */
  readonly #written: Buffer[] = [];

  /** @param onConnection - called as a socket is connected */
  constructor(
    readonly id: number,
    settings: WorkerSettings,
    onConnection: (socket: Socket, connection: FakeConnection) => void,
  ) {
    const { isOld, isBusy, serverOptions, hasMiddleware } = settings;
    this.surroundings = new Surroundings(isBusy);
    this.surroundings.send = (message) => this.#send(message);
    this.surroundings.link = new Link(this.#channel());
    this.io = this.surroundings.run(() => {
      const adapter = isOld ? createOldAdapter() : createAdapter();
      return new Server({
        ...serverOptions,
        adapter: adapter as unknown as NonNullable<ServerOptions["adapter"]>,
      });
    });
    if (hasMiddleware) {
      this.io.use((_, next) => this.waiting.push(() => next()));
    }
    this.io.on("connection", (socket) =>
      onConnection(socket, socket.conn as unknown as FakeConnection),
    );
  }

  /** The uids of the nodes that it knows, its own included. */
  get known(): string[] {
    const { adapter } = this.io.of("/") as unknown as {
      adapter: { uid: string; nodesMap: Map<string, number> };
    };
    return [adapter.uid, ...adapter.nodesMap.keys()];
  }

  get wire(): string | undefined {
    return this.surroundings.link?.wire;
  }

  get uid(): string {
    return this.known[0] as string;
  }

  /** Someone opens a connection. */
  accept(): FakeConnection {
    const connection = new FakeConnection(this.connections.length + 1);
    this.connections.push(connection);
    const { io } = this as unknown as { io: { onconnection: Accept } };
    io.onconnection(connection);
    return connection;
  }

  /**
   * It ends as by SIGKILL.
   *
   * @param left - how many of the messages that the primary has not read had left before
   * @returns what it had ever passed on, as bytes
   */
  kill(left: number): Buffer[] {
    this.isAlive = false;
    this.connections.forEach((connection) => connection.sever());
    this.#written.splice(this.#written.length - this.sent.length + left);
    this.sent.splice(left);
    return this.#written;
  }

  receive(message: object): void {
    this.surroundings.run(() => this.surroundings.onMessage(message));
  }

  #send(message: object): void {
    if (this.isAlive) {
      const bytes = serialize(message);
      this.#written.push(bytes);
      this.sent.push(deserialize(bytes) as object);
    }
  }

  #channel(): Channel {
    const { surroundings } = this;
    const isAlive = () => this.isAlive;
    return {
      get connected() {
        return isAlive();
      },
      send: (message) => this.#send(message),
      open: ({ onMessage }) => {
        surroundings.onMessage = onMessage;
      },
      close: () => {},
    };
  }
}

/** With socket.io before 4.8.2, 0.3.0 greets once. */
function createOldAdapter() {
  const create = createPublished() as unknown as new (nsp: unknown) => {
    init(): void;
  };
  return function (nsp: unknown) {
    const adapter = new create(nsp);
    adapter.init = () => {};
    return adapter;
  };
}
