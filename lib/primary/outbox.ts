/**
 * The outbox of the primary for one worker: a queue of bounded size that keeps the order of plain messages and frames.
 * A section that waits for several workers is the same Buffer, or the same text, in each of their queues.
 */
import { framesMessage, isSection, type Section } from "../wire/fast";
import { Counter, type Traffic } from "./traffic";

// sections leave together up to here: more costs latency, and the json channel is quadratic in the size of a message
const HIGH_WATER_MARK = 64 * 1024;
// what has been sent is cut off in one go
const COMPACT_AT = 4_096;
// writes that the operating system has not taken yet
const MAX_IN_FLIGHT = 2;
// a worker that has taken nothing for so many ticks does not read
const SILENT_TICKS = 4;
// one that reads may be behind by so many times the limits: a burst is no reason to lose it
const READING_FACTOR = 16;

export interface OutboxLimits {
  readonly maxBacklogBytes: number;
  readonly maxBacklogMessages: number;
}

export interface OutboxOptions extends OutboxLimits {
  /** Sends one message, and calls back when the operating system has taken it or never will. */
  readonly send: (message: object, callback: () => void) => void;
  /** The backlog was too much and was discarded; nothing is queued until `onResume`. */
  readonly onOverflow: (discarded: Traffic) => void;
  /** The worker reads again. */
  readonly onResume: () => void;
}

type Entry = Section | object;

const NOTHING: Entry = {};

export class PrimaryOutbox {
  readonly sent = new Counter();
  /** What an overflow has cost. */
  readonly discarded = new Counter();
  overflows = 0;
  readonly #options: OutboxOptions;
  #entries: Entry[] = [];
  #head = 0;
  #bytes = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  /** How many ticks ago the worker took something, or was given something while it had nothing to take. */
  #silentTicks = 0;
  #state: "open" | "overflown" | "closed" = "open";

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Whether it takes what is pushed. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** The size of the sections that wait, or are under way. */
  get backlogBytes(): number {
    return this.#bytes + this.#inFlightBytes;
  }

  /** Whether much of what may wait is waiting, or under way. */
  get isBusy(): boolean {
    return this.backlogBytes > this.#options.maxBacklogBytes / 2;
  }

  get backlogMessages(): number {
    return this.#entries.length - this.#head;
  }

  /**
   * Sends an entry at once if nothing is under way. Otherwise it waits for that, and leaves together with what has
   * gathered by then: a callback comes when everything that came with one read of a channel was pushed.
   */
  push(entry: Entry): void {
    if (this.#state !== "open") {
      return;
    }
    this.#entries.push(entry);
    this.#bytes += sizeOf(entry);
    if (this.#inFlight === 0) {
      this.#silentTicks = 0;
      this.#flush();
    } else if (this.#isOverLimit) {
      this.#overflow();
    }
  }

  /**
   * Time has passed. A timer says so, and no clock: while the primary itself is busy, it does not get to know what the
   * worker has taken.
   */
  tick(): void {
    this.#silentTicks++;
  }

  get #isOverLimit(): boolean {
    const { maxBacklogBytes, maxBacklogMessages } = this.#options;
    const { backlogMessages } = this;
    const excess = Math.max(
      backlogMessages / maxBacklogMessages,
      // one that is larger than the limit is let through
      backlogMessages > 1 ? this.#bytes / maxBacklogBytes : 0,
    );
    return (
      excess > READING_FACTOR ||
      (excess > 1 && this.#silentTicks >= SILENT_TICKS)
    );
  }

  /**
   * Sends nothing any more.
   *
   * @param last - but for one message, unless it is closed by now
   */
  close(last?: object): void {
    const wasClosed = this.#state === "closed";
    this.#discard("closed");
    if (last !== undefined && !wasClosed) {
      this.#options.send(last, () => {});
    }
  }

  #overflow(): void {
    const lost = { messages: this.backlogMessages, bytes: this.#bytes };
    this.#discard("overflown");
    this.overflows++;
    this.discarded.add(lost.messages, lost.bytes);
    this.#options.onOverflow(lost);
  }

  #discard(state: "overflown" | "closed"): void {
    this.#state = state;
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #flush(): void {
    while (
      this.#head < this.#entries.length &&
      this.#inFlight < MAX_IN_FLIGHT
    ) {
      this.#sendNext();
    }
    if (this.#head === this.#entries.length || this.#head > COMPACT_AT) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** What has been taken is let go at once: it may be large. */
  #take(): Entry {
    const entry = this.#entries[this.#head] as Entry;
    this.#entries[this.#head++] = NOTHING;
    return entry;
  }

  #sendNext(): void {
    const first = this.#take();
    let bytes = sizeOf(first);
    let message: object = first as object;
    if (isSection(first)) {
      const sections = [first];
      for (;;) {
        const next = this.#entries[this.#head];
        if (!isSection(next) || bytes + next.length > HIGH_WATER_MARK) {
          break;
        }
        this.#take();
        bytes += next.length;
        sections.push(next);
      }
      message = framesMessage("primary", sections);
    }
    this.#bytes -= bytes;
    this.#inFlightBytes += bytes;
    this.#inFlight++;
    this.sent.add(1, bytes);
    this.#options.send(message, () => this.#onSent(bytes));
  }

  #onSent(bytes: number): void {
    this.#inFlight--;
    this.#inFlightBytes -= bytes;
    this.#silentTicks = 0;
    if (this.#state === "overflown" && this.#inFlight === 0) {
      this.#state = "open";
      this.#options.onResume();
    } else if (this.#state === "open") {
      this.#flush();
    }
  }
}

/** A plain message counts by number only: nobody knows its size before it is serialized. */
function sizeOf(entry: Entry): number {
  return isSection(entry) ? entry.length : 0;
}
