/**
 * Sockets that are counted, or asked for their rooms, where nobody wants to know more of them. A node answers with one
 * entry for all of its sockets; one of 0.3.0, which does not know the question, describes each of them.
 */
import type { BroadcastOptions, ClusterAdapter, Room } from "socket.io-adapter";
import { describeSockets, internals, type SocketDetails } from "./socket-io";

/** What is wanted of sockets; everything if nothing is said. */
export enum Want {
  COUNT = "count",
  ROOMS = "rooms",
}

interface Summary extends Pick<SocketDetails, "id" | "rooms"> {
  /** The number of sockets for which it stands. */
  readonly count?: number;
}

/** What a node answers. */
export function answerFor(
  adapter: ClusterAdapter,
  opts: BroadcastOptions,
  want: unknown,
): Summary[] {
  switch (want) {
    case Want.COUNT: {
      let count = 0;
      internals(adapter).apply(opts, () => count++);
      return [{ id: "", rooms: [], count }];
    }
    case Want.ROOMS: {
      const isAll = opts.rooms.size === 0 && !opts.except?.size;
      const rooms = new Set<Room>(isAll ? adapter.rooms.keys() : []);
      if (!isAll) {
        internals(adapter).apply(opts, (socket) =>
          socket.rooms.forEach((room) => rooms.add(room)),
        );
      }
      return [{ id: "", rooms: Array.from(rooms) }];
    }
    default:
      return describeSockets(adapter, opts);
  }
}

export function countOf(answers: Summary[]): number {
  return answers.reduce((sum, { count }) => sum + (count ?? 1), 0);
}

export function roomsOf(answers: Summary[]): Set<Room> {
  return new Set(answers.flatMap(({ rooms }) => Array.from(rooms)));
}
