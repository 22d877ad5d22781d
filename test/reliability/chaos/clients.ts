import { setTimeout as delay } from "node:timers/promises";
import { type Socket, io } from "socket.io-client";
import { waitFor, within } from "../../support/wait";
import type { TestWorker } from "../../support/worker";
import { msgpackParser } from "../../support/client";
import type { Letter } from "./agent";
import { FAREWELL } from "./duties";
import { type ClientPlan, nameOfClient } from "./plan";

const ATTEMPT_TIMEOUT = 3_000;

/** What a client says about itself. */
export interface ClientEvents {
  /** A packet has arrived. */
  letter(client: ChaosClient, letter: Letter): void;
  /** It is connected anew, and nothing of what was before counts. */
  session(client: ChaosClient): void;
  /** It has its session again. */
  recovered(client: ChaosClient): void;
  /** It was not recovered, and nobody has given it a reason. */
  forgotten(client: ChaosClient): void;
  /** Where it may connect to. */
  workers(): TestWorker[];
  /** Whether a connection that it has given up may go on for some time. */
  readonly hasSlowMiddlewares: boolean;
}

/** The shapes of the client library that no type tells. */
interface Internals {
  _pid?: string;
  _lastOffset?: string;
  io: {
    uri: string;
    engine: { close(): void; transport: { ws?: { terminate(): void } } };
  };
}

/** Somebody with a name, who comes back whenever the connection is lost. */
export class ChaosClient {
  readonly name: string;
  readonly nsp: string;
  /** The rooms that it asks for when it is new. */
  rooms: readonly string[] = [];
  worker: TestWorker | undefined;
  /** Counts its sessions. */
  session = 0;
  /** How often it has tried to connect. */
  attempts = 0;
  /** Each time that its connection was lost, and why. */
  readonly losses: string[] = [];
  /** How often a server was told to disconnect it, in this round. */
  farewells = 0;
  /** Whether its session may end: it was told to leave, or left by itself. */
  isExcused = false;
  #socket: Socket | undefined;
  readonly #left: Socket[] = [];
  /** Where it has given up a connection that may still wait for a middleware. */
  readonly #givenUp = new Set<TestWorker>();
  readonly #events: ClientEvents;
  readonly #plan: ClientPlan;
  readonly #parser: object | undefined;
  #whim = 0;
  /** Whether it can show what it has received. */
  #hasOffset = false;
  #isReturning = false;
  #isClosed = false;

  constructor(
    index: number | string,
    plan: ClientPlan,
    events: ClientEvents,
    parser: string,
  ) {
    this.name = typeof index === "number" ? nameOfClient(index) : index;
    this.nsp = plan.nsp;
    this.#plan = plan;
    this.#events = events;
    this.#parser = parser === "msgpack" ? msgpackParser : undefined;
  }

  get isConnected(): boolean {
    return !this.#isReturning && (this.#socket?.connected ?? false);
  }

  get id(): string | undefined {
    return this.#socket?.id;
  }

  /** Comes, to that worker or to any. */
  async connect(worker?: TestWorker): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    this.#isReturning = true;
    try {
      for (
        let target = worker ?? this.#choose();
        !(await this.#attempt(target));
        target = this.#choose()
      ) {
        if (this.#isClosed) {
          return;
        }
        await delay(10 + (this.#nextWhim() % 40));
      }
    } finally {
      this.#isReturning = false;
    }
    if (!this.#isClosed && !this.#socket?.connected) {
      this.#onLost("at once");
    }
  }

  /** Its connection breaks. */
  cut(): void {
    const socket = this.#socket as unknown as Internals | undefined;
    const { ws } = socket?.io.engine?.transport ?? {};
    if (ws) {
      ws.terminate();
    } else {
      socket?.io.engine?.close();
    }
  }

  /** It comes by another way: the server does not know yet that the old connection is dead. */
  roam(): void {
    const old = this.#socket;
    if (!old?.connected || this.#isReturning) {
      return;
    }
    const { _pid, _lastOffset } = old as unknown as Internals;
    if (_pid === undefined) {
      this.cut();
      return;
    }
    old.off();
    this.#left.push(old);
    this.#socket = undefined;
    Object.assign(this.#create(), { _pid, _lastOffset });
    this.losses.push("roams");
    void this.connect();
  }

  /** It leaves, and comes anew. */
  bounce(): void {
    if (this.isConnected) {
      this.isExcused = true;
      this.#socket?.disconnect();
    }
  }

  /** Its old connections end. */
  forgetOld(): void {
    this.#left.splice(0).forEach((socket) => socket.disconnect());
  }

  close(): void {
    this.#isClosed = true;
    this.forgetOld();
    this.#socket?.disconnect();
  }

  #nextWhim(): number {
    const { whims } = this.#plan;
    return whims[this.#whim++ % whims.length] as number;
  }

  #choose(): TestWorker | undefined {
    const workers = this.#events.workers();
    return workers[this.#nextWhim() % workers.length];
  }

  #create(): Socket {
    // the port is that of the worker to which it connects next
    const socket = io(`http://127.0.0.1${this.nsp}`, {
      transports: [this.#plan.transport],
      forceNew: true,
      autoConnect: false,
      reconnection: false,
      timeout: ATTEMPT_TIMEOUT,
      ...(this.#parser && { parser: this.#parser }),
      auth: (callback) => callback({ name: this.name, rooms: this.rooms }),
    });
    this.#socket = socket;
    socket.on("connect", () => {
      if (socket.recovered) {
        this.#events.recovered(this);
      } else {
        this.session++;
        if (this.#hasOffset && !this.isExcused) {
          this.#events.forgotten(this);
        }
        this.#events.session(this);
      }
      this.isExcused = false;
      this.#givenUp.clear();
    });
    socket.on("disconnect", (reason) => this.#onLost(reason));
    socket.on("letter", (letter: Letter, ack?: (name: string) => void) => {
      this.#events.letter(this, letter);
      if (typeof ack === "function") {
        ack(this.name);
      }
    });
    return socket;
  }

  async #attempt(worker: TestWorker | undefined): Promise<boolean> {
    if (!worker || worker.exit || worker.port === 0) {
      return false;
    }
    this.worker = worker;
    this.attempts++;
    // it is not recovered there while the other connection waits
    this.isExcused = this.isExcused || this.#givenUp.has(worker);
    const socket = this.#socket ?? this.#create();
    const internals = socket as unknown as Internals;
    internals.io.uri = worker.url;
    this.#hasOffset =
      internals._pid !== undefined && internals._lastOffset !== undefined;
    const outcome = new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("connect_error", () => resolve(false));
      socket.once("disconnect", () => resolve(false));
      socket.io.once("close", () => resolve(false));
    });
    socket.connect();
    await within(outcome, { deadline: ATTEMPT_TIMEOUT }).catch(() => {});
    if (!socket.connected) {
      // an answer may be under way, which is nobody's any more
      socket.disconnect();
      if (this.#events.hasSlowMiddlewares) {
        this.#givenUp.add(worker);
      }
    }
    if (this.#isClosed) {
      socket.disconnect();
    }
    return socket.connected;
  }

  #onLost(reason: string): void {
    if (this.#isReturning || this.#isClosed) {
      return;
    }
    this.losses.push(reason);
    if (reason === FAREWELL) {
      this.isExcused = true;
    }
    this.#isReturning = true;
    void delay(this.#nextWhim() % 300).then(() => this.connect());
  }

  /** For those who cannot go on before it is back. */
  async settled(): Promise<void> {
    await waitFor(() => this.isConnected, {
      message: `${this.name} comes back`,
      deadline: 20_000,
    });
  }
}
