/**
 * Clients that return.
 */
import {
  arrivesAll,
  reaches,
  arrives,
  dies,
  emits,
  joins,
  leaves,
  loses,
  passes,
  resumes,
  starts,
  stops,
} from "../moves";
import { ordered, FROM_1_TO_2, TO_ROOM } from "./kinds";

export const joined = ordered({
  name: "a client joins a room, and returns to the other worker",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(1, "a", TO_ROOM)], [emits(2, "b", TO_ROOM)], [joins, loses]],
  mustRecover: true,
});

export const left = ordered({
  name: "a client leaves a room, and returns to the other worker",
  worker: { isInRoom: true },
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [
    [emits(1, "a", TO_ROOM)],
    [emits(2, "b", TO_ROOM)],
    [leaves, loses],
  ],
  mustRecover: true,
});

export const arriving = ordered({
  name: "a client comes, and returns to the other worker",
  initial: [1, 2],
  client: { homes: [2] },
  threads: [[emits(1, "a"), arrives(1), emits(2, "b"), reaches(2), loses]],
});

export const returning = ordered({
  name: "a client returns to the other worker",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(1, "a")], [emits(2, "b")], [loses]],
  mustRecover: true,
});

export const letIn = ordered({
  name: "a client that returns waits for a middleware",
  worker: { hasMiddleware: true },
  initial: [1, 2],
  client: FROM_1_TO_2,
  hasBulkReads: true,
  threads: [[emits(2, "b")], [loses]],
  mustRecover: true,
});

export const givesUp = ordered({
  name: "a client gives up while it waits for a middleware, and returns once more",
  worker: { hasMiddleware: true },
  initial: [1, 2],
  client: { at: 1, homes: [1, 2] },
  threads: [[loses, loses]],
});

export const returnsTwice = ordered({
  name: "a client returns twice to a worker with a middleware",
  worker: { hasMiddleware: true },
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(2, "b"), arrivesAll, loses, loses]],
});

export const losesTwice = ordered({
  name: "a client loses its connection once more as it is recovered",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [
    [emits(2, "b"), emits(2, "c")],
    [loses, loses],
  ],
  mustRecover: true,
});

export const losesAgain = ordered({
  name: "a client loses its connection before it knows that it is recovered",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(2, "b"), arrivesAll, loses, loses]],
  mustRecover: true,
});

export const heldAsOrderEnds = ordered({
  name: "the order ends while a client waits for a middleware",
  worker: { hasMiddleware: true },
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[loses, starts(3), emits(2, "b")]],
});

export const killed = ordered({
  name: "the worker of a client is killed",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(1, "a"), dies(1)], [emits(2, "b")]],
  mustRecover: true,
});

export const fullLog = ordered({
  name: "the log is full",
  limits: { maxLogEntries: 1 },
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(2, "b"), emits(2, "c")], [loses]],
});

// more than one event on its way to a worker is much
const BUSY = { limits: { maxBacklogBytes: 100 }, slow: 2 };

export const toBusyWorker = ordered({
  name: "a client returns to a worker that is busy",
  ...BUSY,
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(1, "a"), emits(1, "b")], [loses]],
  mustRecover: true,
});

export const busyOverflow = ordered({
  name: "a client waits for a busy worker, whose backlog is discarded",
  ...BUSY,
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [
    [
      emits(1, "a"),
      reaches(1),
      loses,
      reaches(2),
      stops(2),
      emits(1, "b"),
      passes(1),
      emits(1, "c"),
      emits(1, "d"),
      resumes(2),
    ],
  ],
  hasHungWorker: true,
});
