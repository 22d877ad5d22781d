import type { RecoverySettings } from "../wire/fast";

/** How far the worker that is behind all others was at some time. */
interface Sample {
  readonly at: number;
  readonly number: number;
}

// they may be kept for days
const MAX_SAMPLES = 1_000;

/** How long packets and sessions are kept: as long as the workers ask for, of whom the largest counts. [R7] */
export class Retention {
  #settings: RecoverySettings = { maxDisconnectionDuration: 0, noticeAfter: 0 };
  #samples: Sample[] = [];

  /** How long a client may be away, in ms. */
  get maxDisconnectionDuration(): number {
    return this.#settings.maxDisconnectionDuration;
  }

  extend({ maxDisconnectionDuration, noticeAfter }: RecoverySettings): void {
    const known = this.#settings;
    this.#settings = {
      maxDisconnectionDuration: Math.max(
        known.maxDisconnectionDuration,
        maxDisconnectionDuration,
      ),
      noticeAfter: Math.max(known.noticeAfter, noticeAfter),
    };
  }

  /**
   * What a client had been given by now less that time, it has answered a ping since, or cannot return any more.
   *
   * @param progress - how far the worker is that is behind all others
   * @returns the number up to which packets are old, 0 if none are
   */
  oldAt(now: number, progress: number): number {
    const { maxDisconnectionDuration, noticeAfter } = this.#settings;
    const keptFor = maxDisconnectionDuration + noticeAfter;
    const last = this.#samples[this.#samples.length - 1];
    if (last === undefined || now - last.at >= keptFor / MAX_SAMPLES) {
      this.#samples.push({ at: now, number: progress });
    }
    const old = this.#samples.filter(({ at }) => at < now - keptFor);
    this.#samples.splice(0, old.length);
    return old.reduce((highest, { number }) => Math.max(highest, number), 0);
  }

  clear(): void {
    this.#samples = [];
  }
}
