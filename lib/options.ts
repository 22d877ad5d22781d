import type { Worker } from "node:cluster";
import { LONGEST_DELAY } from "./clock";
import { invalidOption, unknownOption } from "./errors";

/**
 * The options of `createAdapter()`. All of them may be left out; a value of `undefined` counts as left out.
 */
export interface AdapterOptions {
  /**
   * The number of ms of silence after which a worker tells the others that it is alive.
   * @default 5_000
   */
  heartbeatInterval?: number;
  /**
   * The number of ms without any message from a worker after which the others take it for dead. It concerns a worker
   * that hangs: one that exits or disconnects is announced by the primary at once. `Infinity` means never.
   * @default 10_000
   */
  heartbeatTimeout?: number;
  /**
   * The number of ms after which a request to the other workers (`fetchSockets()`, `serverSideEmit()` with an
   * acknowledgement) that has no `timeout()` of its own fails.
   * @default 5_000
   */
  requestsTimeout?: number;
}

export type ResolvedAdapterOptions = Readonly<Required<AdapterOptions>>;

/**
 * Fills in the defaults.
 *
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on a wrong type or range. Unknown keys are ignored, as 0.3.0 does.
 */
export function resolveAdapterOptions(
  options?: AdapterOptions | null,
): ResolvedAdapterOptions {
  refuseOthers(options);
  return {
    heartbeatInterval: delay(options, "heartbeatInterval", 5_000),
    heartbeatTimeout: duration(options, "heartbeatTimeout", 10_000),
    requestsTimeout: delay(options, "requestsTimeout", 5_000),
  };
}

type Given<Key extends string> =
  { readonly [key in Key]?: unknown } | null | undefined;

/** A duration that a timer of Node.js can count. */
function delay<Key extends string>(
  options: Given<Key>,
  key: Key,
  defaultValue: number,
): number {
  return atMost(LONGEST_DELAY, key, duration(options, key, defaultValue));
}

function duration<Key extends string>(
  options: Given<Key>,
  key: Key,
  defaultValue: number,
): number {
  return number(options, key, defaultValue, {
    isValid: (value) => value > 0,
    rule: "a positive number of ms",
  });
}

function atMost(limit: number, key: string, value: number): number {
  if (value > limit) {
    throw invalidOption(`the option "${key}"`, value, `at most ${limit} ms`);
  }
  return value;
}

function number<Key extends string>(
  options: Given<Key>,
  key: Key,
  defaultValue: number,
  { isValid, rule }: { isValid: (value: number) => boolean; rule: string },
): number {
  const value = options?.[key];
  if (value === undefined) {
    return defaultValue;
  }
  if (typeof value !== "number" || !isValid(value)) {
    throw invalidOption(`the option "${key}"`, value, rule);
  }
  return value;
}

/** The options of `new Emitter()`. All of them may be left out. */
export interface EmitterOptions {
  /**
   * The number of ms after which a request that has no `timeout()` of its own fails.
   * @default 5_000
   */
  requestsTimeout?: number;
}

/**
 * Fills in the defaults.
 *
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on an unknown key, a wrong type or range
 */
export function resolveEmitterOptions(
  options?: EmitterOptions | null,
): Required<EmitterOptions> {
  refuseUnknown(options, ["requestsTimeout"]);
  return { requestsTimeout: delay(options, "requestsTimeout", 5_000) };
}

/** The options of `setupPrimary()`. All of them may be left out. */
export interface PrimaryOptions {
  /**
   * The number of bytes that may wait for one worker in the primary while it does not read, that is, has taken nothing
   * for 0.4 s; for one that reads, 16 times as many. A worker is dropped from the cluster when more wait for it:
   * its backlog is discarded, and it joins again when it has read what was under way.
   * @default 33_554_432 (32 MiB)
   */
  maxBacklogBytes?: number;
  /**
   * The number of messages that may wait for one worker in the primary, with the same effect.
   * @default 100_000
   */
  maxBacklogMessages?: number;
  /**
   * Connection state recovery: the number of bytes of packets that are kept for clients that may return, with the rooms that
   * they name. The oldest ones are removed beyond it; a client that missed one of those is not recovered.
   * @default 67_108_864 (64 MiB)
   */
  maxLogBytes?: number;
  /**
   * Connection state recovery: the number of packets that are kept, with the same effect.
   * @default 200_000
   */
  maxLogEntries?: number;
  /**
   * Connection state recovery: the number of sockets, connected or lost, of which the state is kept. Beyond it, those are
   * forgotten whose connection was lost first.
   * @default 100_000
   */
  maxSessions?: number;
}

export type ResolvedPrimaryOptions = Required<PrimaryOptions>;

const PRIMARY_DEFAULTS: ResolvedPrimaryOptions = {
  maxBacklogBytes: 32 * 1024 * 1024,
  maxBacklogMessages: 100_000,
  maxLogBytes: 64 * 1024 * 1024,
  maxLogEntries: 200_000,
  maxSessions: 100_000,
};

/**
 * Fills in the defaults.
 *
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on an unknown key, a wrong type or range
 */
export function resolvePrimaryOptions(
  options?: PrimaryOptions | null,
): ResolvedPrimaryOptions {
  const keys = Object.keys(PRIMARY_DEFAULTS) as Array<keyof PrimaryOptions>;
  refuseUnknown(options, keys);
  const resolved = { ...PRIMARY_DEFAULTS };
  for (const key of keys) {
    resolved[key] = wholeNumber(options, key, PRIMARY_DEFAULTS[key]);
  }
  return resolved;
}

function wholeNumber<Key extends string>(
  options: Given<Key>,
  key: Key,
  defaultValue: number,
): number {
  return number(options, key, defaultValue, {
    isValid: (value) => Number.isSafeInteger(value) && value > 0,
    rule: "a positive whole number",
  });
}

/** The options of `drain()`. */
export interface DrainOptions {
  /**
   * The number of ms over which the connections are closed, at least one each 100 ms. All clients that come back at once
   * would be a stampede.
   * @default 10_000
   */
  duration?: number;
}

/**
 * Fills in the defaults.
 *
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on an unknown key, a wrong type or range
 */
export function resolveDrainOptions(
  options?: DrainOptions | null,
): Required<DrainOptions> {
  refuseUnknown(options, ["duration"]);
  return { duration: pause(options, "duration", 10_000) };
}

function pause<Key extends string>(
  options: Given<Key>,
  key: Key,
  defaultValue: number,
): number {
  const value = number(options, key, defaultValue, {
    isValid: (given) => given >= 0,
    rule: "a number of ms, 0 or more",
  });
  return atMost(LONGEST_DELAY, key, value);
}

/** The options of the method `restart()` of the primary's handle. All of them may be left out. */
export interface RestartOptions {
  /**
   * The number of workers that are replaced at the same time.
   * @default 1
   */
  concurrency?: number;
  /**
   * The number of ms within which a new worker has to be ready: its server has its adapter and, if the old worker listens
   * on a port by itself, it listens, too.
   * @default 30_000
   */
  readyTimeout?: number;
  /**
   * The number of ms over which the clients of an old worker are sent away, at least one each 100 ms.
   * @default 10_000
   */
  drainDuration?: number;
  /**
   * The number of ms that an old worker has for each step after that: to say that no client is left, to end once it is
   * disconnected from the cluster, and to end on `SIGTERM`. It gets `SIGKILL` then.
   * @default 5_000
   */
  killTimeout?: number;
  /**
   * Starts the worker that takes the place of another one.
   * @default () => cluster.fork()
   */
  fork?: (worker: Worker) => Worker;
}

export type ResolvedRestartOptions = Required<Omit<RestartOptions, "fork">> &
  Pick<RestartOptions, "fork">;

/**
 * Fills in the defaults.
 *
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on an unknown key, a wrong type or range
 */
export function resolveRestartOptions(
  options?: RestartOptions | null,
): ResolvedRestartOptions {
  refuseUnknown(options, [
    "concurrency",
    "readyTimeout",
    "drainDuration",
    "killTimeout",
    "fork",
  ]);
  const fork: unknown = options?.fork;
  if (fork !== undefined && typeof fork !== "function") {
    throw invalidOption('the option "fork"', fork, "a function");
  }
  return {
    concurrency: wholeNumber(options, "concurrency", 1),
    readyTimeout: delay(options, "readyTimeout", 30_000),
    drainDuration: pause(options, "drainDuration", 10_000),
    killTimeout: delay(options, "killTimeout", 5_000),
    fork: options?.fork,
  };
}

function refuseUnknown(options: unknown, keys: string[]): void {
  refuseOthers(options);
  for (const [key, value] of Object.entries(options ?? {})) {
    if (!keys.includes(key)) {
      throw unknownOption(key, value, keys);
    }
  }
}

/** Refuses what is no object that may have options. */
function refuseOthers(options: unknown): void {
  if (
    options != null &&
    (typeof options !== "object" || Array.isArray(options))
  ) {
    throw invalidOption("the options", options, "an object");
  }
}
