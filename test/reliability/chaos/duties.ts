/** To whom a packet is due, by what was planned and by what became of everyone meanwhile. */
import type { TestWorker } from "../../support/worker";
import type { ChaosClient } from "./clients";
import type { Duty } from "../../support/ledger";
import type { Flavour } from "./plan";

/** A client or a worker as it was when the round began, or when it came. */
export interface Standing {
  readonly client?: ChaosClient;
  readonly worker: TestWorker;
  readonly session: number;
  readonly interruptions: number;
  readonly rooms: ReadonlySet<string>;
  /** Whether it was there, and in its rooms, before anything was sent. */
  readonly isFromStart: boolean;
}

export interface Sent {
  readonly flavour: Flavour | "dance in" | "dance out" | "farewell";
  /** `undefined` for the primary. */
  readonly sender: TestWorker | undefined;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
}

export interface Circumstances {
  /** Whether clients are recovered, all workers being of this version. */
  readonly isOrdered: boolean;
  /** Whether the backlog of a worker was discarded. */
  hasOverflown(worker: TestWorker): boolean;
}

/** The reason that a client is told that was disconnected by a server. */
export const FAREWELL = "io server disconnect";

const NOT_RECOVERABLE = new Set<Sent["flavour"]>([
  "volatile",
  "local",
  "ack",
  "server",
]);

export function isRecoverable({ flavour }: Sent): boolean {
  return !NOT_RECOVERABLE.has(flavour);
}

export function dutyTo(
  standing: Standing,
  sent: Sent,
  circumstances: Circumstances,
): Duty {
  return standing.client === undefined
    ? dutyToServer(standing, sent, circumstances)
    : dutyToClient(standing, standing.client, sent, circumstances);
}

function dutyToServer(
  { worker, isFromStart }: Standing,
  { flavour, sender }: Sent,
  { hasOverflown }: Circumstances,
): Duty {
  if (flavour !== "server" || sender === worker) {
    return "never";
  }
  return isFromStart && !worker.exit && !hasOverflown(worker) ? "must" : "may";
}

function dutyToClient(
  standing: Standing,
  client: ChaosClient,
  sent: Sent,
  { isOrdered, hasOverflown }: Circumstances,
): Duty {
  const { flavour, sender } = sent;
  if (flavour === "server") {
    return "never";
  }
  const isSame =
    standing.isFromStart &&
    client.session === standing.session &&
    client.isConnected;
  const isStill =
    isSame &&
    client.losses.length === standing.interruptions &&
    !hasOverflown(standing.worker);
  if (!isTargeted(standing, sent)) {
    // the connection that it has left may seem alive to the sender, who leaves out that one
    const isOwn = flavour === "others" && sent.except.includes(client.name);
    return isOwn && !isStill ? "may" : "never";
  }
  switch (flavour) {
    case "volatile":
      return "may";
    case "farewell":
      return standing.isFromStart &&
        client.farewells === 1 &&
        client.losses[standing.interruptions] === FAREWELL &&
        !hasOverflown(standing.worker)
        ? "must"
        : "may";
    case "dance out":
      // who was away did not leave the room
      return isStill ? "never" : "may";
    case "dance in":
      return isStill ? "must" : "may";
    case "local":
      if (!isStill || sender === undefined) {
        return "may";
      }
      return sender === standing.worker ? "must" : "never";
    default:
      return (isOrdered && isRecoverable(sent) ? isSame : isStill)
        ? "must"
        : "may";
  }
}

function isTargeted(
  { rooms: own }: Standing,
  { rooms, except }: Sent,
): boolean {
  const isIn = (room: string) => own.has(room);
  return (rooms.length === 0 || rooms.some(isIn)) && !except.some(isIn);
}
