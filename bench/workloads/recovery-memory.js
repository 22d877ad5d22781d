"use strict";
const { groups } = require("../lib/contenders");
const { barrierOf } = require("../lib/recovery/barrier");
const { connectClient, loseConnection } = require("../lib/recovery/client");
const { NumberedEvents } = require("../lib/recovery/events");

const WORKERS = 4;
const SESSIONS = 10_000;
const ENTRIES = 50_000;
const ROOMS = 100;
const TIMEOUT = 60_000;

const { RECOVERING } = groups;

module.exports = {
  name: "recovery-memory",
  title: "Memory for clients that may come back",
  description:
    `${ENTRIES.toLocaleString("en")} events of 100 B to everyone, as many to ${ROOMS} rooms, and ` +
    `${SESSIONS.toLocaleString("en")} connections, each of them in three rooms (one of its own, one of ${ROOMS}, one ` +
    "for everyone) and with a small object as its data, which are then lost. The figures are how much the primary, " +
    "Redis or the process of the in-memory adapter has grown. Only this version keeps something of an open connection " +
    "outside of the process that holds it: the others have nothing to restore when that is killed.",
  metrics: ["entryBytes", "roomEntryBytes", "openBytes", "lostBytes"],
  cases: ({ quick }) => [
    {
      id: "10000-connections",
      title: `${WORKERS} workers, ${SESSIONS.toLocaleString("en")} connections`,
      workers: WORKERS,
      contenders: quick
        ? RECOVERING.filter((id) => id !== "redis-streams-recovery")
        : RECOVERING,
      options: {},
    },
  ],
  worker({ io, index, contender }) {
    const events = new NumberedEvents(io, index);
    const barrier = barrierOf(io, contender);
    const sockets = [];
    return {
      publish: ({ from, to, isForRooms }) =>
        events.publish({ from, to }, (number) =>
          isForRooms ? groupOf(number) : undefined,
        ),
      seen: ({ number }) => events.seen(number),
      async connect({ of }) {
        for (let i = index; i < SESSIONS; i += of) {
          const session = {
            sid: `socket-of-client-${i}`,
            pid: `client-${i}`.padEnd(20, "-"),
            data: { user: i, name: `user ${i}` },
          };
          const rooms = [`user-${i}`, groupOf(i), "everyone"];
          sockets.push(connectClient(io, session, rooms, () => {}));
        }
        await barrier();
      },
      async lose() {
        sockets.splice(0).forEach(loseConnection);
        await barrier();
      },
    };
  },
  async run(cluster) {
    const { isFloor } = cluster.contender;
    const workers = isFloor ? cluster.workers.slice(0, 1) : cluster.workers;
    const all = (name, args) =>
      Promise.all(
        workers.map((worker) =>
          worker.call(name, { of: workers.length, ...args }),
        ),
      );
    const publish = async (from, isForRooms) => {
      const to = from + ENTRIES;
      await workers[0].call("publish", { from, to, isForRooms });
      await all("seen", { number: to - 1 });
    };
    const memoryAfter = async (action) => {
      await cluster.within(TIMEOUT, "the memory is filled", action);
      return cluster.memoryInUse();
    };

    const empty = await cluster.memoryInUse();
    const withEvents = await memoryAfter(() => publish(0, false));
    const withAll = await memoryAfter(() => publish(ENTRIES, true));
    const withOpen = await memoryAfter(() => all("connect"));
    const withLost = await memoryAfter(() => all("lose"));
    return {
      entryBytes: (withEvents - empty) / ENTRIES,
      roomEntryBytes: (withAll - withEvents) / ENTRIES,
      // where one process does everything, what it has of them is no copy
      ...(!isFloor && { openBytes: (withOpen - withAll) / SESSIONS }),
      lostBytes: (withLost - withAll) / SESSIONS,
    };
  },
};

function groupOf(number) {
  return `group-${number % ROOMS}`;
}
