import { type Socket, io } from "socket.io-client";
import { waitFor } from "../support/wait";
import type { Reader } from "../support/ledger";
import {
  connected,
  cut,
  freeze,
  giveTicket,
  LONG,
  returnTo,
  ticketOf,
} from "./returning";

// its type declarations do not compile under `strict`
const msgpackParser = require("socket.io-msgpack-parser") as object;

export interface RoamerOptions {
  nsp?: string;
  transports?: string[];
  /** One of the client, or `"msgpack"`. */
  parser?: object | "msgpack";
}

/** A client that neither connects nor comes back by itself. */
export function createClient(
  url: string,
  {
    auth,
    parser,
    transports = ["websocket"],
  }: Omit<RoamerOptions, "nsp"> & { auth: object },
): Socket {
  return io(url, {
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    transports,
    auth,
    parser: parser === "msgpack" ? msgpackParser : parser,
  });
}

interface Place {
  readonly url: string;
}

/** A client that goes from worker to worker, and notes what it receives in a ledger. */
export class Roamer {
  /** The senders of which it knows that they have ended. */
  readonly ended = new Set<string>();
  returnCount = 0;
  /** How many times it came back and was not recovered. */
  strangerCount = 0;
  readonly #reader: Reader;
  readonly #options: RoamerOptions;
  readonly #endings: (() => void)[] = [];
  #isWelcome = false;
  #isOnItsWay = false;
  #socket: Socket;
  #nextPlace: (() => Place) | undefined;
  #failure: unknown;

  private constructor(place: Place, reader: Reader, options: RoamerOptions) {
    this.#reader = reader;
    this.#options = options;
    this.#socket = this.#create(place);
  }

  /** Connects to a worker on which `welcome()` was called. */
  static async connect(
    place: Place,
    reader: Reader,
    options: RoamerOptions = {},
  ): Promise<Roamer> {
    const roamer = new Roamer(place, reader, options);
    await persistently(() => connected(roamer.#socket));
    // before it has received something, there is no session for it to return to
    await waitFor(() => roamer.#isWelcome);
    return roamer;
  }

  get socket(): Socket {
    return this.#socket;
  }

  get receivedCount(): number {
    return this.#reader.entries.length;
  }

  /** Resolves when it has received some packets more. */
  async receives(count: number): Promise<void> {
    const goal = this.receivedCount + count;
    await waitFor(() => this.receivedCount >= goal, {
      deadline: LONG,
      message: `${this.#reader.name} receives ${count} packets`,
    });
  }

  /** Its connection breaks. */
  async lose(): Promise<void> {
    cut(this.#socket);
    await waitFor(() => !this.#socket.connected);
  }

  /** Comes back after `lose()`. */
  async returnTo(place: Place): Promise<void> {
    await persistently(() => returnTo(this.#socket, place));
    this.#noteReturn();
  }

  /** Changes networks: the old connection stays open, and hears nothing. */
  async changeTo(place: Place): Promise<void> {
    const ticket = ticketOf(this.#socket);
    this.#socket.offAny();
    this.#endings.push(freeze(this.#socket));
    this.#socket = this.#create(place);
    giveTicket(this.#socket, ticket);
    await connected(this.#socket);
    this.#noteReturn();
  }

  /** From now on, it comes back by itself whenever it loses its connection. */
  roam(nextPlace: () => Place): void {
    this.#nextPlace = nextPlace;
    this.#socket.on("disconnect", () => {
      // the event comes before what else happens
      queueMicrotask(() => void this.#goOn());
    });
  }

  close(): void {
    this.#nextPlace = undefined;
    this.#socket.disconnect();
    this.#endings.forEach((end) => end());
  }

  /**
   * Whether it has a connection.
   *
   * @throws what has kept it from coming back
   */
  get isConnected(): boolean {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    return this.#socket.connected;
  }

  async #goOn(): Promise<void> {
    const place = this.#nextPlace;
    if (place === undefined || this.#isOnItsWay) {
      return;
    }
    this.#isOnItsWay = true;
    try {
      await waitFor(
        () =>
          this.returnTo(place()).then(
            () => true,
            () => this.#nextPlace === undefined,
          ),
        { deadline: LONG, message: `${this.#reader.name} comes back` },
      );
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#isOnItsWay = false;
    }
  }

  #noteReturn(): void {
    this.returnCount++;
    if (!this.#socket.recovered) {
      this.strangerCount++;
    }
  }

  #create({ url }: Place): Socket {
    const { rooms } = this.#reader;
    const { nsp = "/", ...options } = this.#options;
    const auth = { rooms: [...rooms] };
    const socket = createClient(url + nsp, { auth, ...options });
    socket.onAny((event: string, sender: string, number: number) => {
      if (event === "packet") {
        this.#reader.receive(sender, number);
      } else if (event === "end") {
        this.ended.add(sender);
      } else if (event === "welcome") {
        this.#isWelcome = true;
      }
    });
    return socket;
  }
}

/** Through a port in front of all workers, a client that polls may come before the primary has heard that it is there. */
function persistently(attempt: () => Promise<void>): Promise<boolean> {
  return waitFor(() =>
    attempt().then(
      () => true,
      (error: Error) => {
        if (!error.message.startsWith("xhr")) {
          throw error;
        }
        return false;
      },
    ),
  );
}
