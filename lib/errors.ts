/**
 * What went wrong, for programs. The codes are stable, the messages are not.
 *
 * - `ERR_INVALID_OPTION`: an option, or an argument, has a wrong type or is out of range, or the key of an option is unknown
 * - `ERR_NO_IPC_CHANNEL`: the process has no IPC channel to a cluster primary
 * - `ERR_NOT_SENDABLE`: a value cannot be sent to the other workers
 * - `ERR_NO_RELAY`: nothing relays in this process: `setupPrimary()` was not called, or its relay was closed, or another
 *   copy of this package relays
 * - `ERR_PROTOCOL`: what another process sent breaks a rule of docs/protocol.md
 * - `ERR_RESTART`: a rolling restart has stopped, or another one is under way
 * - `ERR_TIMEOUT`: not everyone has answered in time
 */
export type ErrorCode =
  | "ERR_INVALID_OPTION"
  | "ERR_NO_IPC_CHANNEL"
  | "ERR_NOT_SENDABLE"
  | "ERR_NO_RELAY"
  | "ERR_PROTOCOL"
  | "ERR_RESTART"
  | "ERR_TIMEOUT";

/**
 * The only class of error that this library throws. What the parser of the server throws (a BigInt in a packet, for
 * example) reaches the caller as it is.
 */
export class ClusterAdapterError extends Error {
  readonly code: ErrorCode;
  /** The error of the runtime behind this one, if any. */
  declare readonly cause?: unknown;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message);
    this.name = "ClusterAdapterError";
    this.code = code;
    if (cause !== undefined) {
      this.cause = cause;
    }
  }
}

export function invalidOption(
  key: string,
  value: unknown,
  rule: string,
): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_INVALID_OPTION",
    `${key} must be ${rule}, got ${inspectShortly(value)}`,
  );
}

export function unknownOption(
  key: string,
  value: unknown,
  keys: string[],
): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_INVALID_OPTION",
    `unknown option "${key}" (got ${inspectShortly(value)}): the options are ${keys.join(", ")}`,
  );
}

export function noIpcChannel(): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_NO_IPC_CHANNEL",
    "the cluster adapter needs an IPC channel to a primary process, and this process has none: " +
      "fork it with cluster.fork() from a primary that calls setupPrimary(), or use the default in-memory adapter",
  );
}

export function notSendable(what: string, cause: unknown): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_NOT_SENDABLE",
    `${what} cannot be sent to the other workers (${errorMessage(cause)}): ` +
      "send plain data, without functions, proxies or class instances that hold them",
    cause,
  );
}

/** A request that was not answered in time. */
export class RequestTimeoutError extends ClusterAdapterError {
  /**
   * What has arrived, in the form in which it was asked for: answers, sockets, rooms; the only one is the number so far where
   * sockets are counted.
   */
  readonly responses: unknown[];
  /** The nodes that have not answered, by their uids. */
  readonly missing: string[];

  constructor(missing: string[], responses: unknown[]) {
    super(
      "ERR_TIMEOUT",
      `timeout reached: missing ${missing.length} responses`,
    );
    this.responses = responses;
    this.missing = missing;
  }
}

/** @param who - what needs it */
export function noRelay(who: string): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_NO_RELAY",
    `${who} needs the relay of this process, and there is none: call setupPrimary() before, in the primary`,
  );
}

export function relayClosed(): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_NO_RELAY",
    "the relay of this process was closed before everyone had answered",
  );
}

/** @param who - what needs the relay */
export function relayOfOtherCopy(who: string): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_NO_RELAY",
    `${who} needs the relay of this process, which another copy of this package has set up first: ` +
      "use that copy (npm ls shows them), or let only one be installed",
  );
}

export function restartFailed(
  cause: Error,
  done: number,
  total: number,
): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_RESTART",
    `the restart has stopped after ${done} of ${total} workers: ${cause.message}. The others go on as before`,
    cause,
  );
}

export function restartUnderWay(): ClusterAdapterError {
  return new ClusterAdapterError(
    "ERR_RESTART",
    "a restart is under way: wait for the promise that it has returned",
  );
}

/** @param rule - the number of the rule in docs/protocol.md that was broken */
export function protocolError(rule: string, text: string): ClusterAdapterError {
  return new ClusterAdapterError("ERR_PROTOCOL", `[${rule}] ${text}`);
}

/** Whether an error is that of `protocolError()`. */
export function isProtocolError(error: unknown): error is ClusterAdapterError {
  return error instanceof ClusterAdapterError && error.code === "ERR_PROTOCOL";
}

export function errorMessage(error: unknown): string {
  if (error instanceof Error) {
    return error.message;
  }
  return typeof error === "string" ? error : inspectShortly(error);
}

/** For the log, where nothing must stand that users send: a message may quote it. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function inspectShortly(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(
        value.length > 50 ? `${value.slice(0, 50)}…` : value,
      );
    case "object":
      return value === null ? "null" : Object.prototype.toString.call(value);
    case "function":
      return "a function";
    default:
      return String(value);
  }
}
