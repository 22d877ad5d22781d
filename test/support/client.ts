import {
  type ManagerOptions,
  type Socket,
  type SocketOptions,
  io,
} from "socket.io-client";
import { type WaitOptions, within } from "./wait";

// its type declarations do not compile under `strict`
export const msgpackParser = require("socket.io-msgpack-parser") as object;

export type ClientOptions = Partial<ManagerOptions & SocketOptions> & {
  /** The session of a client that was there before. */
  ticket?: Ticket;
};

/** What a client says to get its session back. */
export interface Ticket {
  readonly pid: string;
  readonly offset: string;
}

interface Arrival {
  event: string;
  args: unknown[];
  taken: boolean;
}

/**
 * Everything that a client has received since before it was connected, so that a test may ask for an event after the
 * fact and never misses one that came early.
 */
class Inbox {
  readonly arrivals: Arrival[] = [];
  readonly #waiting = new Set<() => void>();

  add(event: string, args: unknown[]): void {
    this.arrivals.push({ event, args, taken: false });
    this.#waiting.forEach((look) => look());
  }

  take(event: string): unknown[] | undefined {
    const arrival = this.arrivals.find((a) => a.event === event && !a.taken);
    if (arrival) {
      arrival.taken = true;
    }
    return arrival?.args;
  }

  next(event: string): Promise<unknown[]> {
    return new Promise((resolve) => {
      const look = () => {
        const args = this.take(event);
        if (args) {
          this.#waiting.delete(look);
          resolve(args);
        }
      };
      this.#waiting.add(look);
      look();
    });
  }
}

const inboxes = new WeakMap<Socket, Inbox>();

function inboxOf(socket: Socket): Inbox {
  const inbox = inboxes.get(socket);
  if (!inbox) {
    throw new Error("not a client of the harness");
  }
  return inbox;
}

export async function connectClient(
  url: string,
  { msgpack, ticket, ...options }: ClientOptions & { msgpack?: boolean } = {},
): Promise<Socket> {
  const socket = io(url, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    ...(msgpack && { parser: msgpackParser }),
    ...options,
  });
  if (ticket) {
    Object.assign(socket, { _pid: ticket.pid, _lastOffset: ticket.offset });
  }
  const inbox = new Inbox();
  inboxes.set(socket, inbox);
  socket.onAny((event: string, ...args: unknown[]) => inbox.add(event, args));
  socket.on("disconnect", (reason) => inbox.add("disconnect", [reason]));

  const connected = new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  try {
    await within(connected, { message: `a client connects to ${url}` });
  } catch (error) {
    socket.disconnect();
    throw error;
  }
  return socket;
}

/**
 * Resolves with the arguments of the next event of that name that no earlier call has taken, whether it has arrived
 * already or is still to come. "disconnect" counts as an event, with the reason as its argument.
 */
export function onceEvent(
  socket: Socket,
  event: string,
  options: WaitOptions = {},
): Promise<unknown[]> {
  return within(inboxOf(socket).next(event), {
    message: `client ${socket.id} receives "${event}"`,
    ...options,
  });
}

/** The next `count` events of that name, in the order of their arrival. */
export async function collect(
  socket: Socket,
  event: string,
  count: number,
  options: WaitOptions = {},
): Promise<unknown[][]> {
  const collected: unknown[][] = [];
  while (collected.length < count) {
    collected.push(await onceEvent(socket, event, options));
  }
  return collected;
}

/** The arguments of every event of that name so far. It proves an absence only once a fence has come through. */
export function received(socket: Socket, event: string): unknown[][] {
  return inboxOf(socket)
    .arrivals.filter((arrival) => arrival.event === event)
    .map(({ args }) => args);
}

/** The names of all events so far, in the order of their arrival. */
export function receivedNames(socket: Socket): string[] {
  return inboxOf(socket).arrivals.map(({ event }) => event);
}

/** All events so far, each as its name and its arguments, in the order of their arrival. */
export function arrivals(socket: Socket): unknown[][] {
  return inboxOf(socket).arrivals.map(({ event, args }) => [event, ...args]);
}
