/**
 * What happens in the cluster, for those who want to know: typed events, and the same on diagnostics channels.
 */
import type { Worker } from "node:cluster";
import { channel, type Channel } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import type { RestoreOutcome } from "../recovery/restore-outcome";
import type { Wire } from "../wire/fast";

/** A worker of `cluster`. */
export interface WorkerName {
  /** Its number. */
  readonly id: number;
  /** Its process. */
  readonly pid: number | undefined;
}

export function nameOf({ id, process: { pid } }: Worker): WorkerName {
  return { id, pid };
}

export function workerText({ id, pid }: WorkerName): string {
  return `worker ${id} (pid ${pid})`;
}

export interface WorkerEvent {
  readonly worker: WorkerName;
}

/** A node: the server of one namespace in one worker. */
export interface NodeEvent extends WorkerEvent {
  readonly uid: string;
  readonly nsp: string;
}

export interface OverflowEvent extends WorkerEvent {
  /** What waited for the worker, and was discarded: the number of messages. */
  readonly messages: number;
  /** The number of bytes of the frames among them. */
  readonly bytes: number;
}

export interface WireEvent {
  readonly wire: Wire;
  readonly previous: Wire;
}

export interface RestoreEvent {
  readonly outcome: RestoreOutcome;
  readonly nsp: string;
  /** The worker to which the client has returned. */
  readonly worker: WorkerName;
}

export interface RestartEvent {
  /**
   * `"forked"`: the replacement is there; `"ready"`: it serves clients; `"drained"`: the old worker has none any more, or
   * its time is over; `"ended"`: it is gone.
   */
  readonly phase: "forked" | "ready" | "drained" | "ended";
  readonly worker: WorkerName;
  readonly replacement: WorkerName;
  /** The number of workers that have ended. */
  readonly done: number;
  /** The number of workers that are to be replaced. */
  readonly total: number;
}

/** The events of the handle of `setupPrimary()`. */
export interface PrimaryEvents {
  /** A node has come. */
  nodeJoin: NodeEvent;
  /** A node is gone: it was closed, its worker has ended, or does not read. */
  nodeLeave: NodeEvent;
  /** A worker does not read: it was taken out of the cluster, and what waited for it was discarded. */
  overflow: OverflowEvent;
  /** It reads again, and is asked to come back. */
  resume: WorkerEvent;
  /** A worker that was asked to come to rest has no clients any more. */
  drained: WorkerEvent;
  /** The cluster speaks in another way. */
  wire: WireEvent;
  /** A client has returned. */
  restore: RestoreEvent;
  /** A step of `restart()`. */
  restart: RestartEvent;
}

const CHANNELS: { [Name in keyof PrimaryEvents]: Channel } = {
  nodeJoin: channel("socket.io-cluster-adapter:nodeJoin"),
  nodeLeave: channel("socket.io-cluster-adapter:nodeLeave"),
  overflow: channel("socket.io-cluster-adapter:overflow"),
  resume: channel("socket.io-cluster-adapter:resume"),
  drained: channel("socket.io-cluster-adapter:drained"),
  wire: channel("socket.io-cluster-adapter:wire"),
  restore: channel("socket.io-cluster-adapter:restore"),
  restart: channel("socket.io-cluster-adapter:restart"),
};

export class Announcer {
  readonly emitter = new EventEmitter();

  /** Tells those who listen, once the step is done in which it happened: they may do whatever they like, and throw. */
  announce<Name extends keyof PrimaryEvents>(
    name: Name,
    event: PrimaryEvents[Name],
  ): void {
    const subject = CHANNELS[name];
    if (this.emitter.listenerCount(name) > 0 || subject.hasSubscribers) {
      queueMicrotask(() => {
        subject.publish(event);
        for (const listener of this.emitter.rawListeners(name)) {
          callAlone(listener, event);
        }
      });
    }
  }
}

/** What a listener throws is an uncaught exception, and does not keep the event from the others. */
function callAlone(listener: Function, event: object): void {
  try {
    Reflect.apply(listener, undefined, [event]);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
