/**
 * The order, its beginning and its end.
 */
import {
  arrivesAll,
  dies,
  disconnects,
  emits,
  joins,
  leaves,
  loses,
  passes,
  reaches,
  resumes,
  starts,
  stops,
} from "../moves";
import { ordered, FROM_1_TO_2, TO_ROOM } from "./kinds";

export const twoSenders = ordered({
  name: "two workers emit",
  initial: [1, 2],
  threads: [
    [emits(1, "a"), emits(1, "b")],
    [emits(2, "c"), emits(2, "d")],
  ],
});

export const volatileEvent = ordered({
  name: "an event and a volatile one leave together",
  worker: { isBusy: true },
  initial: [1, 2],
  threads: [[emits(1, "a"), emits(1, "v", { volatile: true })]],
});

export const volatileOfOther = ordered({
  name: "a client gets a volatile event of another worker, and returns",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(2, "v", { volatile: true })], [loses]],
  mustRecover: true,
});

export const localEvent = ordered({
  name: "a client gets a local event, and returns",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(1, "a"), emits(1, "l", { local: true })], [loses]],
  mustRecover: true,
});

export const joining = ordered({
  name: "a client joins a room",
  initial: [1, 2],
  client: { at: 1, homes: [] },
  threads: [[joins], [emits(1, "a", TO_ROOM)], [emits(2, "b", TO_ROOM)]],
});

export const leaving = ordered({
  name: "a client leaves a room",
  worker: { isInRoom: true },
  initial: [1, 2],
  client: { at: 1, homes: [] },
  threads: [[leaves], [emits(1, "a", TO_ROOM)], [emits(2, "b", TO_ROOM)]],
});

export const disconnecting = ordered({
  name: "the server disconnects a client",
  initial: [1, 2],
  client: { at: 1, homes: [] },
  threads: [[emits(1, "a")], [emits(2, "b")], [disconnects]],
});

export const newcomer = ordered({
  name: "a worker emits before it knows of the order",
  initial: [1],
  client: { at: 1, homes: [1] },
  threads: [[starts(2), emits(2, "b")], [loses]],
});

export const orderEnds = ordered({
  name: "the order ends, as a worker of 0.3.0 comes",
  initial: [1, 2],
  threads: [[emits(1, "a")], [starts(3)]],
});

export const orderEndsAndBegins = ordered({
  name: "the order ends and begins while a client is away",
  initial: [1, 2],
  client: { ...FROM_1_TO_2, mayStayAway: true },
  threads: [[loses, starts(3), arrivesAll, emits(2, "b"), dies(3), arrivesAll]],
});

export const orderIsShort = ordered({
  name: "the order ends and begins while a client is connected",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[starts(3), emits(2, "b"), dies(3)], [loses]],
});

export const orderBegins = ordered({
  name: "an order begins, as the last worker without recovery goes",
  initial: [1, 2, 4],
  client: { at: 2, homes: [1] },
  threads: [
    [
      stops(1),
      dies(4),
      arrivesAll,
      emits(2, "b"),
      arrivesAll,
      loses,
      resumes(1),
      emits(1, "a"),
    ],
  ],
});

export const anotherOrder = ordered({
  name: "a client returns with an offset of the last order",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[starts(3), arrivesAll, dies(3), arrivesAll, emits(2, "b"), loses]],
});

export const overflow = ordered({
  name: "the backlog of a worker is discarded",
  limits: { maxBacklogMessages: 1 },
  slow: 1,
  initial: [1, 2],
  client: { at: 1, homes: [1] },
  threads: [
    [
      stops(1),
      emits(2, "b"),
      emits(2, "c"),
      passes(1),
      emits(2, "d"),
      emits(2, "e"),
      resumes(1),
    ],
  ],
  hasHungWorker: true,
});

export const overflowOfSender = ordered({
  name: "the backlog of a worker is discarded, and in it what it had sent itself",
  limits: { maxBacklogMessages: 1 },
  slow: 1,
  initial: [1, 2],
  client: { at: 1, homes: [1] },
  threads: [
    [
      emits(1, "a"),
      stops(1),
      emits(2, "b"),
      emits(2, "c"),
      reaches(2),
      passes(1),
      emits(2, "d"),
      resumes(1),
      arrivesAll,
      emits(1, "e"),
    ],
  ],
  hasHungWorker: true,
});
