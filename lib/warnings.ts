import { isProtocolError } from "./errors";

const MAX_REMEMBERED = 1_000;
const THE_LAST = "1,000 different warnings were given: no more follow";
const given = new Set<string>();

/**
 * Gives a process warning, once for each text: what is repeated with every message must not flood the log.
 */
export function warnOnce(text: string): void {
  if (given.has(text) || given.size > MAX_REMEMBERED) {
    return;
  }
  given.add(text);
  process.emitWarning(
    given.size > MAX_REMEMBERED ? THE_LAST : text,
    "ClusterAdapterWarning",
  );
}

/** Does something for one of many: whatever it throws, the others are served. */
export function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    warnOrThrowLater(error);
  }
}

/**
 * A violation of the protocol is a process warning, and what a listener of the application throws is thrown as if it had
 * been alone.
 */
export function warnOrThrowLater(error: unknown): void {
  if (isProtocolError(error)) {
    warnOnce(`frames of another worker were left out: ${error.message}`);
  } else {
    process.nextTick(() => {
      throw error;
    });
  }
}
