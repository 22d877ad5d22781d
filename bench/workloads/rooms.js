"use strict";
const { groups } = require("../lib/contenders");
const { streamWorker, measureStream } = require("../lib/stream");

const HOLDER = 1;

const { ADVANCED, NETWORKED } = groups;

module.exports = {
  name: "rooms",
  title: "Broadcasts to a room",
  description:
    "Bursts of 100, 100 B, to a room that one other worker holds, and to one that nobody holds. The other workers " +
    "have clients, none of which is in the room.",
  metrics: ["rate", "relayCpu", "workersCpu"],
  cases: ({ quick }) =>
    [
      ["held", "a room of one other worker", [HOLDER]],
      ["nobody", "a room that nobody is in", []],
    ].map(([room, title, holders]) => ({
      id: room,
      title: `4 workers, ${title}`,
      workers: 4,
      contenders: quick ? ADVANCED : NETWORKED,
      options: { room, holders },
    })),
  worker: (context) =>
    streamWorker(context, context.index === HOLDER ? ["held"] : []),
  run: (cluster, { room, holders }, { pace }) =>
    measureStream(cluster, {
      holders,
      stream: { room, burst: 100, size: 100, binary: false },
      pace,
    }),
};
