import { Recovery, type RecoveryLimits } from "../../../dist/recovery/recovery";
import type { RestoreOutcome } from "../../../dist/recovery/restore-outcome";
import { readFrames } from "../../../dist/wire/frame-reader";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import { readMissed } from "../../../dist/wire/missed-packets";
import { formatOffset } from "../../../dist/wire/offsets";
import {
  SessionOp,
  type SessionMessage,
} from "../../../dist/wire/session-messages";

const LIMITS = { maxLogBytes: 1e6, maxLogEntries: 1e3, maxSessions: 100 };
export const DURATION = 10_000;
export const NOTICE = 1_000;

export interface Sent {
  readonly to: string;
  readonly message: SessionMessage;
}

export type Restored = SessionMessage & { readonly op: SessionOp.RESTORED };

/** A recovery with a clock and nodes that stand still until the test moves them. */
export class RecoveryScene {
  now = 5_000;
  readonly unreachable = new Set<string>();
  readonly busy = new Set<string>();
  readonly outcomes: RestoreOutcome[] = [];
  readonly recovery: Recovery;
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  readonly #sent: Sent[] = [];

  constructor(limits: Partial<RecoveryLimits> = {}) {
    this.recovery = new Recovery({
      ...LIMITS,
      ...limits,
      clock: {
        now: () => this.now,
        after: (ms, callback) => {
          const timer = { at: this.now + ms, callback };
          this.#timers.add(timer);
          return () => this.#timers.delete(timer);
        },
      },
      send: (to, message) => {
        this.#sent.push({ to, message });
        return !this.unreachable.has(to);
      },
      isBusy: (uid) => this.busy.has(uid),
      onOutcome: (outcome) => this.outcomes.push(outcome),
    });
    this.recovery.keepFor({
      maxDisconnectionDuration: DURATION,
      noticeAfter: NOTICE,
    });
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Lets time pass, second by second, with all workers up to date. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now = Math.min(this.now + 1_000, end);
      this.#timers.forEach((timer) => {
        if (timer.at <= this.now) {
          this.#timers.delete(timer);
          timer.callback();
        }
      });
      this.recovery.tick(this.recovery.log.last);
    }
  }

  /** What was sent since the last time. */
  take(): Sent[] {
    return this.#sent.splice(0);
  }

  /** A worker sends a packet; returns its number. */
  publish(rooms: string[] = [], sender = "a", except: string[] = []): number {
    const writer = new FrameWriter();
    writer.writeOrdered(
      { uid: sender, nsp: "/" },
      { rooms: new Set(rooms), except: new Set(except) },
      [`2["${rooms.join()}"]`],
      undefined,
      true,
    );
    readFrames(writer.take()[0] as Buffer, {
      onOrigin: () => {},
      onMessage: () => {},
      onSession: () => {},
      onPacket: (frame) => this.recovery.number(sender, "/", frame),
    });
    this.recovery.endSection();
    return this.recovery.log.last;
  }

  open(owner = "a", pid = "pid", rooms = ["sid"], at?: number): void {
    this.tell(owner, {
      op: SessionOp.OPEN,
      pid,
      sid: "sid",
      rooms,
      at: at ?? this.recovery.log.last,
      data: Buffer.from("data"),
    });
  }

  tell(uid: string, message: SessionMessage, nsp = "/"): void {
    this.recovery.onMessage(uid, nsp, message);
  }

  detach(owner = "a", pid = "pid", term = 1, data?: Buffer): void {
    this.tell(owner, {
      op: SessionOp.DETACH,
      pid,
      term,
      ...(data && { data }),
    });
  }

  offset(number: number): string {
    return formatOffset({ epoch: this.recovery.epoch, number });
  }

  /** A client returns; the last number that it has seen is told. */
  ask(uid: string, number: number, pid = "pid", id = 1): void {
    const offset = this.offset(number);
    this.tell(uid, { op: SessionOp.RESTORE, id, pid, offset });
  }

  /** The same, and what it gets: the numbers of the packets that it missed, or why it gets nothing. */
  restore(uid: string, number: number, pid = "pid"): number[] | RestoreOutcome {
    this.take();
    this.ask(uid, number, pid);
    const [sent] = this.take();
    const message = sent?.message;
    return message?.op === SessionOp.RESTORED
      ? missedOf(message)
      : (this.outcomes[this.outcomes.length - 1] as RestoreOutcome);
  }
}

export function missedOf({ data, dataSize }: Restored): number[] {
  return readMissed((data as Buffer).subarray(dataSize)).map(
    ({ number }) => number,
  );
}
