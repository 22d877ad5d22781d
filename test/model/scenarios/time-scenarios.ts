/**
 * Time passes: connections are lost in silence, workers hang, events get old.
 */
import { arrivesAll, emits, loses, passes, resumes, stops } from "../moves";
import { ordered, FROM_1_TO_2 } from "./kinds";

export const hangs = ordered({
  name: "the worker of a client hangs as it returns to the other one",
  maxDisconnectionDuration: 3_000,
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [
    [stops(1), loses, passes(2), resumes(1), passes(5), emits(2, "b"), loses],
  ],
  hasHungWorker: true,
  mustRecover: true,
});

export const hangsForGood = ordered({
  name: "the worker of a client hangs for good",
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[emits(2, "b"), arrivesAll, stops(1), loses, passes(2)]],
  hasHungWorker: true,
  mustRecover: true,
});

export const noticedLate = ordered({
  name: "a lost connection is noticed late",
  maxDisconnectionDuration: 2_000,
  initial: [1, 2],
  client: { ...FROM_1_TO_2, mayStayAway: true },
  threads: [[emits(2, "b")], [loses, passes(5)]],
});

export const behind = ordered({
  name: "a worker hangs longer than events are kept",
  maxDisconnectionDuration: 2_000,
  initial: [1, 2],
  client: FROM_1_TO_2,
  threads: [[stops(1), emits(2, "b"), passes(9), loses, passes(2), resumes(1)]],
  hasHungWorker: true,
  mustRecover: true,
});

export const missesAgain = ordered({
  name: "a client misses once more what it had missed before",
  maxDisconnectionDuration: 8_000,
  initial: [1, 2],
  client: { ...FROM_1_TO_2, mayStayAway: true },
  threads: [
    [emits(2, "b"), arrivesAll, loses, passes(6), loses, passes(5), passes(6)],
  ],
});

export const missesLate = ordered({
  name: "a client misses what had arrived before it was let in",
  maxDisconnectionDuration: 8_000,
  worker: { hasMiddleware: true },
  initial: [1, 2],
  client: { ...FROM_1_TO_2, mayStayAway: true },
  threads: [
    [loses, passes(1), emits(2, "b"), passes(6), loses, passes(5), passes(6)],
  ],
});
