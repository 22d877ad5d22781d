import type { Room } from "socket.io-adapter";

/**
 * A moment in the life of a socket, by the total order. Its worker delivers what others send as it arrives, and knows
 * what it has sent itself before: for each of the two, the moment lies behind another number.
 */
export interface Moment {
  /** The last number that the worker had delivered. */
  readonly at: number;
  /** The last number that was given when the worker had said so: all that it had sent before has one. */
  readonly ownAt: number;
  /** The node whose moment it is. */
  readonly node: string;
}

/** Where a packet stands in the total order. */
export interface Position {
  readonly number: number;
  /** The node that has sent it. */
  readonly sender: string;
}

export function isAfter(
  { number, sender }: Position,
  { at, ownAt, node }: Moment,
): boolean {
  return number > (sender === node ? ownAt : at);
}

function isSame(a: Moment, b: Moment): boolean {
  return a.at === b.at && a.ownAt === b.ownAt && a.node === b.node;
}

interface Stay {
  readonly room: Room;
  readonly from: Moment;
  readonly to: Moment;
}

// a socket that changes its rooms all the time must not fill the memory of the primary: a stay takes some 100 bytes
const MAX_STAYS = 1_000;

/**
 * In which rooms a socket was at each moment: whether a packet was for it is asked long after it has left. [R3]
 */
export class RoomHistory {
  /** The rooms in which it is, and the moment at which it joined. */
  readonly #current = new Map<Room, Moment>();
  /** The stays that are over, in their order. */
  readonly #past: Stay[] = [];
  readonly #pastByRoom = new Map<Room, Stay[]>();
  #lost = 0;

  get current(): Room[] {
    return Array.from(this.#current.keys());
  }

  /** The rooms in which it is, or was as far as that is remembered. */
  get all(): Set<Room> {
    return new Set([...this.#current.keys(), ...this.#pastByRoom.keys()]);
  }

  /** Up to that number, there were more stays than are remembered; 0 if there were not. */
  get lost(): number {
    return this.#lost;
  }

  join(room: Room, from: Moment): void {
    if (!this.#current.has(room)) {
      this.#current.set(room, from);
    }
  }

  leave(room: Room, to: Moment): void {
    const from = this.#current.get(room);
    this.#current.delete(room);
    if (from === undefined || isSame(from, to)) {
      return;
    }
    const stay = { room, from, to };
    this.#past.push(stay);
    const others = this.#pastByRoom.get(room);
    if (others) {
      others.push(stay);
    } else {
      this.#pastByRoom.set(room, [stay]);
    }
    if (this.#past.length > MAX_STAYS) {
      this.#lost = this.#forgetFirst().to.ownAt;
    }
  }

  /** Whether it was in the room when a packet was delivered. */
  had(room: Room, position: Position): boolean {
    const since = this.#current.get(room);
    if (since !== undefined && isAfter(position, since)) {
      return true;
    }
    const from = firstToEnd(this.#pastByRoom.get(room) ?? [], position)?.from;
    return from !== undefined && isAfter(position, from);
  }

  /** Nobody asks for that number or lower ones any more. */
  forget(number: number): void {
    while (this.#past.length > 0 && this.#past[0]!.to.ownAt <= number) {
      this.#forgetFirst();
    }
    if (this.#lost <= number) {
      this.#lost = 0;
    }
  }

  #forgetFirst(): Stay {
    const first = this.#past.shift() as Stay;
    const ofRoom = this.#pastByRoom.get(first.room);
    ofRoom?.shift();
    if (ofRoom?.length === 0) {
      this.#pastByRoom.delete(first.room);
    }
    return first;
  }
}

/** Of stays in their order, the first one that was not over when a packet was delivered. */
function firstToEnd(
  stays: readonly Stay[],
  position: Position,
): Stay | undefined {
  let low = 0;
  let high = stays.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAfter(position, stays[middle]!.to)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return stays[low];
}
