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
}

interface Waiting {
  readonly claim: Claim;
  readonly cancelTimer: () => void;
}

/** The clients that wait for their sessions, one for each session at the most. */
export class Claims {
  readonly #clock: Clock;
  readonly #waiting = new Map<Session, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param onTimeout - called after that many ms, if it still waits then */
  add(session: Session, claim: Claim, ms: number, onTimeout: () => void): void {
    const cancelTimer = this.#clock.after(ms, onTimeout);
    this.#waiting.set(session, { claim, cancelTimer });
  }

  /** Takes out the one that waits for a session. */
  take(session: Session): Claim | undefined {
    const waiting = this.#waiting.get(session);
    this.#waiting.delete(session);
    waiting?.cancelTimer();
    return waiting?.claim;
  }

  clear(): void {
    this.#waiting.forEach(({ cancelTimer }) => cancelTimer());
    this.#waiting.clear();
  }
}
