/**
 * What is to happen: plain data. Workers are named by a number, and whoever has its turn then is meant, as nobody knows
 * beforehand how many there are.
 */
import type { Kind } from "../../support/worker";

export interface Plan {
  readonly config: Config;
  readonly clients: readonly ClientPlan[];
  readonly rounds: readonly Round[];
}

export interface Config {
  /**
   * `plain`: without recovery; `recovery`: with it; `mixed`: with it, and with workers of 0.3.0 among the others; `below`:
   * under a primary of 0.3.0.
   */
  readonly mode: "plain" | "recovery" | "mixed" | "below";
  readonly serialization: "json" | "advanced";
  readonly parser: "default" | "msgpack";
  readonly workers: number;
  /** How long a worker that says nothing counts as alive. */
  readonly patience: "short" | "long";
  /** Whether the middlewares take their time, for those who return, too. */
  readonly hasSlowMiddlewares: boolean;
  /** Which limit of `setupPrimary()` is so low that it is reached. */
  readonly tight: "nothing" | "backlog" | "log" | "sessions";
}

export interface ClientPlan {
  readonly nsp: string;
  readonly transport: "websocket" | "polling";
  /** Its free choices: to which worker it returns, and how long it takes. */
  readonly whims: readonly number[];
}

export interface Round {
  /** For each client, the rooms that it is in. */
  readonly rooms: readonly (readonly string[])[];
  /** In the order of their times. */
  readonly steps: readonly Step[];
}

interface Step {
  /** In ms after the beginning of the round. */
  readonly at: number;
  readonly action: Action;
}

export type Action = Emission | Operation | Fault;

export type Flavour =
  | "plain"
  | "volatile"
  | "local"
  | "compressed"
  | "ack"
  | "large"
  | "binary"
  /** With `socket.emit()`, where the sender has the client. */
  | "direct"
  /** With `socket.broadcast`, where the sender has the client. */
  | "others"
  /** To the servers, not the clients. */
  | "server";

export interface Emission {
  readonly do: "emit";
  readonly flavour: Flavour;
  /** `PRIMARY` or the number of a worker. */
  readonly from: number;
  readonly nsp: string;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  readonly count: number;
  /** In ms; 0: all at once. */
  readonly every: number;
}

/** What is asked, and answered by a value that everyone has a part of. */
export type Question =
  "fetchSockets" | "countSockets" | "allRooms" | "serverSideEmit" | "sockets";

export type Operation =
  | {
      readonly do: "ask";
      readonly question: Question;
      readonly from: number;
      readonly nsp: string;
    }
  /** Some join a room, get a packet there, leave it, and must not get the next one. */
  | { readonly do: "dance"; readonly from: number; readonly nsp: string }
  /** Two clients meet in a namespace that nobody else is in. */
  | {
      readonly do: "meet";
      readonly workers: readonly [number, number];
      readonly transport: ClientPlan["transport"];
    }
  /** A client gets a packet, and is disconnected right after it. */
  | {
      readonly do: "farewell";
      readonly from: number;
      readonly client: number;
    }
  /** Values that cannot be sent. */
  | { readonly do: "misuse"; readonly from: number };

export type Fault =
  | { readonly do: "kill"; readonly worker: number }
  | { readonly do: "kill all" }
  /** SIGSTOP, then SIGCONT. `PRIMARY` or a worker. */
  | { readonly do: "stop"; readonly worker: number; readonly ms: number }
  | { readonly do: "block"; readonly worker: number; readonly ms: number }
  | { readonly do: "slow"; readonly worker: number; readonly ms: number }
  | { readonly do: "fork"; readonly kind: Kind }
  | {
      readonly do: "close";
      readonly worker: number;
      readonly how: "exit" | "disconnect";
    }
  | { readonly do: "restart"; readonly concurrency: number }
  /** The connection breaks. */
  | { readonly do: "cut"; readonly client: number }
  /** The same, several times in a row. */
  | { readonly do: "flap"; readonly client: number; readonly times: number }
  /** The client comes by another way, while its old connection seems to live. */
  | { readonly do: "roam"; readonly client: number }
  /** The client leaves, and comes anew. */
  | { readonly do: "bounce"; readonly client: number }
  | { readonly do: "garbage"; readonly from: number };

export const PRIMARY = -1;
export const NAMESPACES = ["/", "/news"] as const;
export const ROOMS = ["red", "green", "blue", 7].map(String);

export function nameOfClient(index: number): string {
  return `c${index}`;
}
