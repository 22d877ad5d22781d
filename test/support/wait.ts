import { setTimeout as delay } from "node:timers/promises";

export interface WaitOptions {
  /** How long the condition may take, in milliseconds. @default 10_000 */
  deadline?: number;
  /** What did not happen, for the message of the failure. */
  message?: string;
}

const DEADLINE = 10_000;
const POLL_INTERVAL = 5;

/** Resolves with the first truthy value of the condition; fails once the deadline has passed. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { deadline = DEADLINE, message = "the condition holds" }: WaitOptions = {},
): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${deadline} ms in vain: ${message}`);
    }
    await delay(POLL_INTERVAL);
  }
}

/** Repeats an assertion until it holds; once the deadline has passed, its last error is the failure. */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  { deadline = DEADLINE }: Pick<WaitOptions, "deadline"> = {},
): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
    }
    await delay(POLL_INTERVAL);
  }
}

/** Fails when the promise has not settled by the deadline; leaves no timer behind. */
export async function within<T>(
  promise: Promise<T>,
  { deadline = DEADLINE, message = "the promise settles" }: WaitOptions = {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${deadline} ms in vain: ${message}`));
    }, deadline);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
