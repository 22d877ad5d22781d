/**
 * Sockets that are counted, or asked for their rooms, where nobody wants to know more of them. A node answers with one
 * entry for all of its sockets; one of 0.3.0, which does not know the question, describes each of them. [E1]
 */
import type { BroadcastOptions, ClusterAdapter, Room } from "socket.io-adapter";
import { RequestTimeoutError } from "./errors";
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

export async function countOf(answers: Promise<Summary[]>): Promise<number> {
  const [count] = await converted(answers, (all) => [
    all.reduce((sum, { count }) => sum + (count ?? 1), 0),
  ]);
  return count as number;
}

export async function roomsOf(answers: Promise<Summary[]>): Promise<Set<Room>> {
  const rooms = await converted(answers, (all) =>
    Array.from(new Set(all.flatMap(({ rooms }) => Array.from(rooms)))),
  );
  return new Set(rooms);
}

/** Makes of answers what whoever has asked wants to know, and of those that came before a timeout, too. */
export async function converted<From, To>(
  answers: Promise<From[]>,
  convert: (answers: From[]) => To[],
): Promise<To[]> {
  try {
    return convert(await answers);
  } catch (error) {
    if (error instanceof RequestTimeoutError) {
      const { missing, responses } = error;
      throw new RequestTimeoutError(missing, convert(responses as From[]));
    }
    throw error;
  }
}
