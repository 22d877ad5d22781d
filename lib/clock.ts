// setTimeout() fires at once when asked for more
// see https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
/** The longest delay of a timer, in ms. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/** The time, and timers that keep no process alive. */
export interface Clock {
  /** In ms, of any origin. */
  now(): number;
  /** Calls back later, if the process still runs then; returns a function that prevents it. */
  after(ms: number, callback: () => void): () => void;
}
