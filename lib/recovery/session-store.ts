import type { Session } from "./session";

/** The sessions, by private id and by node, and those whose connection was lost, in that order. */
export class SessionStore {
  readonly #maxSessions: number;
  readonly #sessions = new Map<string, Session>();
  readonly #byOwner = new Map<string, Set<Session>>();
  readonly #detached = new Set<Session>();

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** In the order in which their connections were lost. */
  get detached(): ReadonlySet<Session> {
    return this.#detached;
  }

  get(pid: string): Session | undefined {
    return this.#sessions.get(pid);
  }

  ofOwner(uid: string): Session[] {
    return Array.from(this.#byOwner.get(uid) ?? []);
  }

  /** Whether there is room for one more; if not, `detached` has those to be forgotten first. */
  get isFull(): boolean {
    return this.#sessions.size >= this.#maxSessions;
  }

  add(session: Session): void {
    this.#sessions.set(session.pid, session);
    this.attach(session, session.owner);
  }

  delete(session: Session): void {
    this.#sessions.delete(session.pid);
    this.#detached.delete(session);
    this.#leaveOwner(session);
  }

  /** A node has its socket. */
  attach(session: Session, uid: string): void {
    this.#leaveOwner(session);
    this.#detached.delete(session);
    session.detachedAt = undefined;
    session.owner = uid;
    const owned = this.#byOwner.get(uid);
    if (owned) {
      owned.add(session);
    } else {
      this.#byOwner.set(uid, new Set([session]));
    }
  }

  /** Its connection was lost. */
  detach(session: Session, now: number): void {
    session.detachedAt = now;
    this.#detached.add(session);
    this.#leaveOwner(session);
  }

  clear(): void {
    this.#sessions.clear();
    this.#byOwner.clear();
    this.#detached.clear();
  }

  #leaveOwner(session: Session): void {
    const owned = this.#byOwner.get(session.owner);
    if (owned?.delete(session) && owned.size === 0) {
      this.#byOwner.delete(session.owner);
    }
  }
}
