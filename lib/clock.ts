/** The time, and timers that keep no process alive. */
export interface Clock {
  /** In ms, of any origin. */
  now(): number;
  /** Calls back later, if the process still runs then; returns a function that prevents it. */
  after(ms: number, callback: () => void): () => void;
}
