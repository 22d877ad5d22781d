import type { Clock } from "../clock";
import type { Session } from "./session";

/** A client that wants its session. */
export interface Claim {
  /** The node to which it has returned. */
  readonly uid: string;
  /** How that node knows the question. */
  readonly id: number;
  /** It has everything up to that number. */
  readonly after: number;
  /** When it has asked, in ms. */
  readonly askedAt: number;
}

interface Waiting {
  readonly claim: Claim;
  readonly cancelTimer: (() => void) | undefined;
}

/** The clients that wait for their sessions, one for each session at the most, in the order in which they have come. */
export class Claims {
  readonly #clock: Clock;
  readonly #waiting = new Map<Session, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One that waits until another worker has given the session back; the callback is called if that takes so many ms. */
  add(session: Session, claim: Claim, ms: number, onTimeout: () => void): void {
    const cancelTimer = this.#clock.after(ms, onTimeout);
    this.#waiting.set(session, { claim, cancelTimer });
  }

  /** One that waits until its worker can take what it has missed. */
  queue(session: Session, claim: Claim): void {
    this.#waiting.set(session, { claim, cancelTimer: undefined });
  }

  has(session: Session): boolean {
    return this.#waiting.has(session);
  }

  /** Calls back for each that was queued. */
  forEachQueued(callback: (session: Session, claim: Claim) => void): void {
    this.#waiting.forEach(({ claim, cancelTimer }, session) => {
      if (cancelTimer === undefined) {
        callback(session, claim);
      }
    });
  }

  /** Takes out the one that waits for a session. */
  take(session: Session): Claim | undefined {
    const waiting = this.#waiting.get(session);
    this.#waiting.delete(session);
    waiting?.cancelTimer?.();
    return waiting?.claim;
  }

  /** Forgets those that have returned to a node: it knows nothing of them any more. */
  dropOf(uid: string): void {
    this.#waiting.forEach(({ claim }, session) => {
      if (claim.uid === uid) {
        this.take(session);
      }
    });
  }

  clear(): void {
    this.#waiting.forEach((_, session) => this.take(session));
  }
}
