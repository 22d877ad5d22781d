/**
 * What the primary has counted, as plain data.
 */
import type { RestoreOutcome } from "../recovery/restore-outcome";
import type { Recovery } from "../recovery/recovery";
import type { Wire } from "../wire/fast";
import type { NodeName, Peer } from "./peers";
import { Counter, type Traffic } from "./traffic";

export interface TrafficStats {
  /** What the primary has received. */
  readonly received: Traffic;
  /** What the primary has sent. */
  readonly sent: Traffic;
  /** What waits in the primary; its bytes include what is under way to a worker. Some of it will leave together. */
  readonly backlog: Traffic;
  /** What was discarded because a worker did not read. */
  readonly discarded: Traffic;
  /** How many times a worker was taken out of the cluster because it did not read. */
  readonly overflows: number;
}

export interface WorkerStats extends TrafficStats {
  readonly id: number;
  readonly pid: number | null;
  /** The servers of the worker, one per namespace. */
  readonly nodes: NodeName[];
  /** How it speaks, `"unknown"` before it has said anything. */
  readonly wire: Wire | "unknown";
  /** The number of ms since its last message, `null` before it has sent any. */
  readonly silentFor: number | null;
}

export interface RecoveryStats {
  /** The packets that are kept. */
  readonly log: { readonly packets: number; readonly bytes: number };
  /** The sockets of which the state is kept: those that are connected, and those whose connection was lost. */
  readonly sessions: { readonly open: number; readonly detached: number };
  /** What the limits have cost: packets that were removed from the log, and sockets whose state was forgotten or not kept. */
  readonly discarded: { readonly packets: number; readonly sessions: number };
  /** How many clients have come back, by what became of them. */
  readonly restores: { readonly [Outcome in RestoreOutcome]: number };
}

/** What `setupPrimary()` has seen since it was called: plain data, which JSON can hold. */
export interface ClusterStats {
  /** How the cluster speaks: with the messages of 0.3.0, in frames, or in frames that can be recovered. */
  readonly wire: Wire;
  readonly workers: WorkerStats[];
  /** The sums over all workers, those that are gone included. */
  readonly totals: TrafficStats;
  readonly recovery: RecoveryStats;
}

class Totals {
  readonly received = new Counter();
  readonly sent = new Counter();
  readonly backlog = new Counter();
  readonly discarded = new Counter();
  overflows = 0;

  add(traffic: TrafficStats): void {
    for (const key of ["received", "sent", "backlog", "discarded"] as const) {
      this[key].add(traffic[key].messages, traffic[key].bytes);
    }
    this.overflows += traffic.overflows;
  }

  snapshot(): TrafficStats {
    return {
      received: this.received.snapshot(),
      sent: this.sent.snapshot(),
      backlog: this.backlog.snapshot(),
      discarded: this.discarded.snapshot(),
      overflows: this.overflows,
    };
  }
}

export class Statistics {
  readonly #gone = new Totals();
  readonly #restores: Record<RestoreOutcome, number> = {
    recovered: 0,
    unknown: 0,
    foreign: 0,
    expired: 0,
    gap: 0,
    superseded: 0,
  };

  onRestore(outcome: RestoreOutcome): void {
    this.#restores[outcome]++;
  }

  /** What a worker that is gone has sent and received goes on to count. */
  onGone(peer: Peer): void {
    this.#gone.add(trafficOf(peer));
  }

  snapshot(
    peers: Iterable<Peer>,
    wire: Wire,
    {
      log,
      sessions,
      discarded,
    }: Pick<Recovery, "log" | "sessions" | "discarded">,
    now: number,
  ): ClusterStats {
    const totals = new Totals();
    totals.add(this.#gone);
    const workers = Array.from(peers, (peer) => {
      const traffic = trafficOf(peer);
      totals.add(traffic);
      return { ...describe(peer, wire, now), ...traffic };
    });
    const detached = sessions.detached.size;
    return {
      wire,
      workers,
      totals: totals.snapshot(),
      recovery: {
        log: { packets: log.size, bytes: log.byteLength },
        sessions: { open: sessions.size - detached, detached },
        discarded: { ...discarded },
        restores: { ...this.#restores },
      },
    };
  }
}

function describe(
  { name, nodes, wire, lastHeard }: Peer,
  clusterWire: Wire,
  now: number,
): Omit<WorkerStats, keyof TrafficStats> {
  const known = wire === "plain" ? wire : "unknown";
  return {
    id: name.id,
    pid: name.pid ?? null,
    nodes: Array.from(nodes.values(), ({ uid, nsp }) => ({ uid, nsp })),
    wire: wire === "fast" ? clusterWire : known,
    silentFor: lastHeard === undefined ? null : Math.round(now - lastHeard),
  };
}

function trafficOf({ received, outbox }: Peer): TrafficStats {
  const { sent, discarded, overflows, backlogMessages, backlogBytes } = outbox;
  return {
    received: received.snapshot(),
    sent: sent.snapshot(),
    backlog: { messages: backlogMessages, bytes: backlogBytes },
    discarded: discarded.snapshot(),
    overflows,
  };
}
