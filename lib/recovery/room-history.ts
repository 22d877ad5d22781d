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

interface Stay {
  readonly room: Room;
  readonly from: Moment;
  readonly to: Moment;
}

/**
 * In which rooms a socket was at each moment: whether a packet was for it is asked long after it has left.
 */
export class RoomHistory {
  /** The rooms in which it is, and the moment at which it joined. */
  readonly #current = new Map<Room, Moment>();
  #past: Stay[] = [];

  get current(): Room[] {
    return Array.from(this.#current.keys());
  }

  /** The rooms in which it is, or was as far as that is remembered; some may be there twice. */
  get all(): Room[] {
    return [...this.#current.keys(), ...this.#past.map(({ room }) => room)];
  }

  join(room: Room, from: Moment): void {
    if (!this.#current.has(room)) {
      this.#current.set(room, from);
    }
  }

  leave(room: Room, to: Moment): void {
    const from = this.#current.get(room);
    if (from !== undefined) {
      this.#current.delete(room);
      this.#past.push({ room, from, to });
    }
  }

  /** Whether it was in the room when a packet was delivered. */
  had(room: Room, position: Position): boolean {
    const from = this.#current.get(room);
    return (
      (from !== undefined && isAfter(position, from)) ||
      this.#past.some(
        (stay) =>
          stay.room === room &&
          isAfter(position, stay.from) &&
          !isAfter(position, stay.to),
      )
    );
  }

  /** Nobody asks for that number or lower ones any more. */
  forget(number: number): void {
    if (this.#past.length > 0) {
      this.#past = this.#past.filter(({ to }) => to.ownAt > number);
    }
  }
}
