/**
 * Connection state recovery in the memory of the primary: numbers and keeps the packets, keeps the sessions of sockets,
 * and gives them to the workers to which clients return. The rules cited as [R…] stand in docs/protocol.md.
 */
import type { Room } from "socket.io-adapter";
import type { Clock } from "../clock";
import { debugRecovery as debug } from "../debug";
import { warnOnce } from "../warnings";
import type { RecoverySettings } from "../wire/fast";
import type { PacketFrame } from "../wire/frame-reader";
import { writeMissed } from "../wire/missed-packets";
import { newEpoch, parseOffset } from "../wire/offsets";
import { SessionOp, type SessionMessage } from "../wire/session-messages";
import { Claims, type Claim } from "./claims";
import { PacketLog, type LogLimits } from "./packet-log";
import type { Moment } from "./room-history";
import type { RestoreOutcome } from "./restore-outcome";
import { Retention } from "./retention";
import { Session } from "./session";
import { SessionStore } from "./session-store";

export interface RecoveryLimits extends LogLimits {
  readonly maxSessions: number;
}

export interface RecoveryOptions extends RecoveryLimits {
  /** Sends a message to a node; returns whether its worker can be reached. */
  readonly send: (uid: string, message: SessionMessage) => boolean;
  /** Whether so much is on the way to the worker of a node that it is better not to send it more. */
  readonly isBusy: (uid: string) => boolean;
  /** @param uid - the node to which the client has returned */
  readonly onOutcome: (outcome: RestoreOutcome, uid: string) => void;
  readonly clock: Clock;
}

type Message<Op> = SessionMessage & { readonly op: Op };

// a worker that hangs does not answer; in ms
const TAKE_OVER_TIMEOUT = 1_000;

export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #sessions: SessionStore;
  readonly #claims: Claims;
  readonly #retention = new Retention();
  #epoch = newEpoch();
  #log: PacketLog;
  #hasWarned = false;
  /** What the limits have cost in the orders before. */
  #discardedBefore = 0;
  #forgotten = 0;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#sessions = new SessionStore(options.maxSessions);
    this.#claims = new Claims(options.clock);
    this.#log = new PacketLog(options);
  }

  get epoch(): string {
    return this.#epoch;
  }

  get log(): PacketLog {
    return this.#log;
  }

  get sessions(): {
    readonly size: number;
    readonly detached: { readonly size: number };
  } {
    return this.#sessions;
  }

  /** What the limits have cost: packets of the log, and sessions that were forgotten, or not kept at all. */
  get discarded(): { readonly packets: number; readonly sessions: number } {
    const packets = this.#discardedBefore + this.#log.discarded;
    return { packets, sessions: this.#forgotten };
  }

  /** An order begins or ends: what was sent meanwhile is not known, and neither is what happened to the sockets. */
  restart(): void {
    this.#claims.clear();
    this.#sessions.clear();
    this.#retention.clear();
    this.#discardedBefore += this.#log.discarded;
    this.#log = new PacketLog(this.#options);
    this.#epoch = newEpoch();
    debug("a new order begins");
  }

  /** A worker says how long packets and sessions are to be kept. */
  keepFor(settings: RecoverySettings): void {
    this.#retention.extend(settings);
  }

  /** Gives a packet the next number, and keeps it. */
  number(sender: string, nsp: string, packet: PacketFrame): void {
    packet.stamp({ epoch: this.#epoch, number: this.#log.last + 1 });
    const { rooms, except } = packet.opts;
    const { lost } = this.#log;
    const { section, start, end } = packet;
    this.#log.append(sender, nsp, rooms, except, section, start, end);
    if (this.#log.lost !== lost) {
      this.#warnOfLoss();
    }
  }

  /** All packets of a section have got their numbers. */
  endSection(): void {
    this.#log.copyAppended();
  }

  /** A packet has passed that cannot be kept: nobody who was connected before is recovered. */
  skip(): void {
    this.#log.skip();
  }

  onMessage(uid: string, nsp: string, message: SessionMessage): void {
    switch (message.op) {
      case SessionOp.OPEN:
        this.#open(uid, nsp, message);
        break;
      case SessionOp.JOIN:
        this.#ofOwner(uid, message, ({ rooms }) => {
          const moment = this.#moment(uid, message.at);
          message.rooms.forEach((room) => rooms.join(room, moment));
        });
        break;
      case SessionOp.LEAVE:
        this.#ofOwner(uid, message, ({ rooms }) => {
          const moment = this.#moment(uid, message.at);
          rooms.forget(this.#log.gone);
          message.rooms.forEach((room) => rooms.leave(room, moment));
          if (rooms.lost > 0) {
            warnOnce(
              "a socket has changed its rooms too often to remember all of them: when its client has missed something, it may not be recovered",
            );
          }
        });
        break;
      case SessionOp.DATA:
        this.#ofOwner(uid, message, (session) => session.setData(message.data));
        break;
      case SessionOp.LATE:
        this.#ofOwner(uid, message, (session) => {
          session.lateUpTo = Math.max(session.lateUpTo, message.number);
        });
        break;
      case SessionOp.DETACH:
        this.#ofOwner(uid, message, (session) => {
          session.setData(message.data);
          this.#detach(session);
        });
        break;
      case SessionOp.END:
        this.#ofOwner(uid, message, (session) => this.#delete(session));
        break;
      case SessionOp.CLOSED:
        // it is detached by now, unless the worker does not know it
        this.#ofOwner(uid, message, (session) => this.#detach(session));
        break;
      case SessionOp.RESTORE:
        this.#restore(uid, nsp, message);
        break;
      case SessionOp.PROGRESS:
      case SessionOp.RESTORED:
      case SessionOp.REFUSED:
      case SessionOp.CLOSE:
        debug("ignore a message that is not for the primary");
        break;
      default: {
        const unknown: never = message;
        return unknown;
      }
    }
  }

  /** A node is gone: its sockets have lost their connections. */
  onNodeGone(uid: string): void {
    this.#claims.dropOf(uid);
    this.#sessions.ofOwner(uid).forEach((session) => this.#detach(session));
  }

  /**
   * Removes what is old. Called several times a second.
   *
   * @param progress - how far the worker is that is behind all others
   */
  tick(progress: number): void {
    const now = this.#options.clock.now();
    this.#claims.forEachQueued((session, { uid }) => {
      if (!this.#options.isBusy(uid)) {
        this.#detach(session);
      }
    });
    for (const session of this.#sessions.detached) {
      if (!this.#hasExpired(session, now)) {
        break;
      }
      // one that was asked for in time is given
      if (!this.#claims.has(session)) {
        this.#delete(session);
      }
    }
    this.#log.expire(this.#retention.oldAt(now, progress));
  }

  #open(
    uid: string,
    nsp: string,
    { pid, sid, rooms, at, data }: Message<SessionOp.OPEN>,
  ): void {
    const known = this.#sessions.get(pid);
    if (known) {
      this.#delete(known);
    } else if (!this.#makeRoom()) {
      return;
    }
    const since = this.#moment(uid, at);
    const session = new Session(pid, sid, nsp, since, data);
    rooms.forEach((room) => session.rooms.join(room, since));
    this.#sessions.add(session);
  }

  /** Forgets the session whose connection was lost first, if there are too many. */
  #makeRoom(): boolean {
    if (!this.#sessions.isFull) {
      return true;
    }
    const { maxSessions } = this.#options;
    this.#forgotten++;
    warnOnce(
      `there are more than ${maxSessions} sessions: some clients will not be recovered (maxSessions of setupPrimary())`,
    );
    const [oldest] = this.#sessions.detached;
    if (oldest) {
      this.#delete(oldest);
    }
    return oldest !== undefined;
  }

  #restore(
    uid: string,
    nsp: string,
    { id, pid, offset }: Message<SessionOp.RESTORE>,
  ): void {
    const session = this.#sessions.get(pid);
    const position = parseOffset(offset);
    if (session === undefined || session.nsp !== nsp) {
      this.#refuse({ uid, id }, "unknown");
    } else if (
      position?.epoch !== this.#epoch ||
      position.number > this.#log.last
    ) {
      this.#refuse({ uid, id }, "foreign");
    } else {
      // a client that asks again has given up the connection on which it had asked before
      this.#dropClaim(session, "superseded");
      const claim = {
        uid,
        id,
        after: Math.max(position.number, session.since.at),
        askedAt: this.#options.clock.now(),
      };
      if (session.detachedAt !== undefined) {
        this.#give(session, claim);
      } else {
        this.#takeOver(session, claim);
      }
    }
  }

  /** The worker that has the socket closes it first, and tells in which state it was. */
  #takeOver(session: Session, claim: Claim): void {
    const { pid, term, owner } = session;
    this.#claims.add(session, claim, TAKE_OVER_TIMEOUT, () => {
      debug("a worker does not give a session back");
      this.#detach(session);
    });
    if (!this.#options.send(owner, { op: SessionOp.CLOSE, pid, term })) {
      this.#detach(session);
    }
  }

  #give(session: Session, claim: Claim): void {
    const { uid, id, after, askedAt } = claim;
    if (this.#hasExpired(session, askedAt)) {
      this.#delete(session);
      this.#refuse({ uid, id }, "expired");
      return;
    }
    session.rooms.forget(this.#log.gone);
    if (
      after < Math.max(this.#log.lost, session.rooms.lost) ||
      (after < this.#log.expired && after < session.lateUpTo)
    ) {
      this.#delete(session);
      this.#refuse({ uid, id }, "gap");
      return;
    }
    if (this.#options.isBusy(uid)) {
      this.#claims.queue(session, claim);
      return;
    }
    const missed = this.#log.missed(
      session.nsp,
      after,
      session.rooms.all,
      (packet) => session.isFor(packet),
    );
    const { sid, data } = session;
    const term = session.term + 1;
    const isSent = this.#options.send(uid, {
      op: SessionOp.RESTORED,
      id,
      term,
      sid,
      rooms: session.rooms.current as Room[],
      dataSize: data.length,
      data: Buffer.concat([data, writeMissed(missed)]),
    });
    if (!isSent) {
      return;
    }
    session.term = term;
    session.lateUpTo = missed[missed.length - 1]?.number ?? session.lateUpTo;
    this.#sessions.attach(session, uid);
    this.#options.onOutcome("recovered", uid);
  }

  #refuse(
    { uid, id }: Pick<Claim, "uid" | "id">,
    reason: RestoreOutcome,
  ): void {
    debug("a session is refused: %s", reason);
    this.#options.send(uid, { op: SessionOp.REFUSED, id });
    this.#options.onOutcome(reason, uid);
  }

  #dropClaim(session: Session, reason: RestoreOutcome): void {
    const claim = this.#claims.take(session);
    if (claim) {
      this.#refuse(claim, reason);
    }
  }

  /** The socket has no connection any more; whoever waits for the session gets it. */
  #detach(session: Session): void {
    if (session.detachedAt === undefined) {
      this.#sessions.detach(session, this.#options.clock.now());
    }
    const claim = this.#claims.take(session);
    if (claim) {
      this.#give(session, claim);
    }
  }

  #delete(session: Session): void {
    this.#sessions.delete(session);
    this.#dropClaim(session, "unknown");
  }

  /** What another node than the one that has it, or had it last, says of a session, comes too late. */
  #ofOwner(
    uid: string,
    { pid, term }: { readonly pid: string; readonly term: number },
    action: (session: Session) => void,
  ): void {
    const session = this.#sessions.get(pid);
    if (session?.owner === uid && session.term === term) {
      action(session);
    }
  }

  #hasExpired({ detachedAt }: Session, now: number): boolean {
    return (
      detachedAt !== undefined &&
      now - detachedAt > this.#retention.maxDisconnectionDuration
    );
  }

  #moment(node: string, at: number): Moment {
    return { at, ownAt: this.#log.last, node };
  }

  #warnOfLoss(): void {
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      const { maxLogBytes, maxLogEntries } = this.#options;
      warnOnce(
        `the log of packets has reached a limit of setupPrimary() (maxLogBytes: ${maxLogBytes}, maxLogEntries: ` +
          `${maxLogEntries}): clients that missed what was removed are not recovered`,
      );
    }
  }
}
