import { invalidOption } from "./errors";

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

// setTimeout() fires at once when asked for more
// see https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
const MAX_TIMER_DELAY = 2 ** 31 - 1;

/**
 * Fills in the defaults.
 *
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on a wrong type or range. Unknown keys are ignored, as 0.3.0 does.
 */
export function resolveAdapterOptions(
  options?: AdapterOptions | null,
): ResolvedAdapterOptions {
  if (options != null && typeof options !== "object") {
    throw invalidOption("the options", options, "an object");
  }
  return {
    heartbeatInterval: delay(options, "heartbeatInterval", 5_000),
    heartbeatTimeout: duration(options, "heartbeatTimeout", 10_000),
    requestsTimeout: delay(options, "requestsTimeout", 5_000),
  };
}

/** A duration that a timer of Node.js can count. */
function delay<Key extends string>(
  options: { [key in Key]?: number } | null | undefined,
  key: Key,
  defaultValue: number,
): number {
  const value = duration(options, key, defaultValue);
  if (value > MAX_TIMER_DELAY) {
    throw invalidOption(
      `the option "${key}"`,
      value,
      `at most ${MAX_TIMER_DELAY} ms`,
    );
  }
  return value;
}

function duration<Key extends string>(
  options: { [key in Key]?: number } | null | undefined,
  key: Key,
  defaultValue: number,
): number {
  const value: unknown = options?.[key];
  if (value === undefined) {
    return defaultValue;
  }
  if (typeof value !== "number" || !(value > 0)) {
    throw invalidOption(
      `the option "${key}"`,
      value,
      "a positive number of ms",
    );
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
   * The number of bytes that may wait for one worker in the primary. A worker that does not read is dropped from the
   * cluster when more wait for it: its backlog is discarded, and it joins again when it reads.
   * @default 33_554_432 (32 MiB)
   */
  maxBacklogBytes?: number;
  /**
   * The number of messages that may wait for one worker in the primary, with the same effect.
   * @default 100_000
   */
  maxBacklogMessages?: number;
  /**
   * Connection state recovery: the number of bytes of packets that are kept for clients that may return. The oldest ones
   * are removed beyond it; a client that missed one of those is not recovered.
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
  refuseUnknown(options, Object.keys(PRIMARY_DEFAULTS));
  const resolved = { ...PRIMARY_DEFAULTS };
  for (const [key, value] of Object.entries(options ?? {})) {
    if (value !== undefined) {
      if (!Number.isSafeInteger(value) || value <= 0) {
        throw invalidOption(
          `the option "${key}"`,
          value,
          "a positive whole number",
        );
      }
      resolved[key as keyof PrimaryOptions] = value as number;
    }
  }
  return resolved;
}

function refuseUnknown(options: unknown, keys: string[]): void {
  if (options != null && typeof options !== "object") {
    throw invalidOption("options", options, "an object");
  }
  for (const [key, value] of Object.entries(options ?? {})) {
    if (!keys.includes(key)) {
      throw invalidOption(
        `the option "${key}"`,
        value,
        `one of ${keys.join(", ")}`,
      );
    }
  }
}
