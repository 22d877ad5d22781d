"use strict";
const { createHistogram } = require("node:perf_hooks");
const { groups } = require("../lib/contenders");
const { summaryOf } = require("../lib/latency");
const { barrierOf } = require("../lib/recovery/barrier");
const {
  connectClient,
  loseConnection,
  returnClient,
} = require("../lib/recovery/client");
const {
  NumberedEvents,
  numberOf,
  offsetOf,
} = require("../lib/recovery/events");
const { now } = require("../lib/usage");

const WORKERS = 4;
const SESSIONS = 5_000;
// restored before anything is measured
const WARM_UP = 1_000;
const AT_ONCE = 200;
const MISSED = 10;
const ROOMS = 100;
// rooms that nobody is in
const OTHER_ROOMS = 1_000;
// events that answers of Redis may hold at a time: a worker has to have them all in its memory
const MAX_SCANNED_AT_ONCE = 1_000_000;
const TIMEOUT = 120_000;

const { RECOVERING } = groups;

module.exports = {
  name: "restores",
  title: "Clients that come back",
  description:
    `${SESSIONS.toLocaleString("en")} clients lose their connections, miss ${MISSED} events of 100 B each, and come ` +
    `back in a storm, ${AT_ONCE} at a time: each to another worker than the one that it had. A restore ends when it is ` +
    `connected and has got exactly the ${MISSED}, in their order. The log holds many more events: those for rooms that ` +
    "the client is not in while it is away (the first tables), or those that were sent while it was still there (the " +
    "last one). The storm ends after some seconds, whether everybody is back or not.\n\n" +
    "The in-memory adapter can restore in the process that had the connection only: one process does everything there, " +
    "and nothing has to travel. For each client, it looks for the last event that the client has, from the beginning of " +
    "the log, and then at each event that follows. redis-streams-adapter has Redis send all that came after that event " +
    "(`XRANGE`, without a limit), and parses it in the worker, for each client: where a restore reads " +
    "20,000 events or more, fewer than " +
    `${AT_ONCE} are under way (no more than ${MAX_SCANNED_AT_ONCE.toLocaleString("en")} events in all, but one per ` +
    "worker at least), as the answers would not fit into memory. It keeps a session only if its connection ends in " +
    "good order.",
  metrics: ["restoreRate", "restored", "p50", "p99", "relayCpu", "workersCpu"],
  // what the log holds from the case before would count
  needsOwnCluster: true,
  cases({ quick, full }) {
    const contenders = quick
      ? RECOVERING.filter((id) => id !== "redis-streams-recovery")
      : RECOVERING;
    const sizes = full ? [2_000, 20_000, 200_000] : [2_000, 200_000];
    const cases = sizes.map((entries) => ({
      id: `${entries}-entries`,
      title: `away for ${entries.toLocaleString("en")} events, ${MISSED} of them for its room`,
      options: { entries, isAwayForAll: true },
    }));
    const last = {
      id: "200000-entries-last-10",
      title: `away for the last ${MISSED} of 200,000 events, which are for everyone`,
      options: { entries: 200_000, isAwayForAll: false },
    };
    return [...cases, ...(quick ? [] : [last])].map((one) => ({
      ...one,
      workers: WORKERS,
      contenders,
    }));
  },
  worker: restoringWorker,
  async run(cluster, { entries, isAwayForAll }, { pace }) {
    const { isFloor, usesRedis } = cluster.contender;
    const workers = isFloor ? cluster.workers.slice(0, 1) : cluster.workers;
    const all = (name, args) =>
      cluster.within(TIMEOUT, `"${name}" is done`, () =>
        Promise.all(
          workers.map((worker, position) =>
            worker.call(name, { position, of: workers.length, ...args }),
          ),
        ),
      );
    const publish = (from, to) =>
      cluster.within(TIMEOUT, "all events are everywhere", async () => {
        await workers[0].call("publish", { from, to, entries, isAwayForAll });
        await all("seen", { number: to - 1 });
      });

    const presentFor = isAwayForAll ? 0 : entries - MISSED;
    await all("connect", { count: WARM_UP + SESSIONS });
    if (presentFor > 0) {
      await publish(0, presentFor);
    }
    await workers[0].call("lastEvent");
    await all("lose");
    await publish(presentFor, entries);

    const scanned = usesRedis ? entries - presentFor : 0;
    const atOnce = Math.min(AT_ONCE, MAX_SCANNED_AT_ONCE / scanned);
    const restore = async (from, to, ms) => {
      const options = { from, to, ms, entries, isAwayForAll };
      const each = Math.max(1, Math.floor(atOnce / workers.length));
      return all("restore", { ...options, atOnce: each });
    };
    await restore(0, WARM_UP, pace.warmUp);
    const before = await cluster.usage();
    const storm = await restore(WARM_UP, WARM_UP + SESSIONS, pace.measure * 4);
    return figuresOf(storm, before, await cluster.usage());
  },
};

/** The worker's half. */
function restoringWorker({ io, index, contender }) {
  const events = new NumberedEvents(io, index);
  const barrier = barrierOf(io, contender);
  const sockets = [];
  let offset;
  let onLastEvent;
  const isLast = new Promise((resolve) => (onLastEvent = resolve));

  function onPacket(encoded) {
    if (offset === undefined && encoded[0].startsWith('2["last"')) {
      offset = offsetOf(encoded);
      onLastEvent();
    }
  }

  return {
    async connect({ position, of, count }) {
      for (let i = position; i < count; i += of) {
        const session = {
          sid: `socket-${i}`,
          pid: pidOf(i),
          data: { user: i, name: `user ${i}` },
        };
        sockets.push(connectClient(io, session, [roomOfClient(i)], onPacket));
      }
      await barrier();
    },
    lastEvent: () => {
      io.emit("last");
    },
    async lose() {
      await isLast;
      sockets.forEach(loseConnection);
      await barrier();
    },
    publish: ({ from, to, ...log }) =>
      events.publish({ from, to }, (number) => roomOfEvent(number, log)),
    seen: ({ number }) => events.seen(number),
    async restore({ position, of, from, to, atOnce, ms, ...log }) {
      // another worker had them, if there is one
      const first = from + ((position + 1) % of);
      const latencies = [];
      const startedAt = now();
      let next = first;
      const runner = async () => {
        while (next < to && now() - startedAt < ms) {
          const client = next;
          next += of;
          const restoringSince = now();
          const received = [];
          await returnClient(io, pidOf(client), offset, (encoded) => {
            const number = numberOf(encoded);
            if (number !== undefined) {
              received.push(number);
            }
          });
          latencies.push(now() - restoringSince);
          verify(client, received, log);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, runner));
      return { startedAt, endedAt: now(), latencies };
    },
  };
}

function pidOf(client) {
  return `client-${client}`.padEnd(20, "-");
}

function roomOfClient(client) {
  return `room-${client % ROOMS}`;
}

/** Events for the rooms of clients are evenly spread over the log, or the last ones are for everyone. */
function roomOfEvent(number, { entries, isAwayForAll }) {
  const step = stepOf(entries);
  if (isAwayForAll && number % step === 0) {
    return roomOfClient(number / step);
  }
  return isAwayForAll || number < entries - MISSED
    ? `other-${number % OTHER_ROOMS}`
    : undefined;
}

function stepOf(entries) {
  return entries / (ROOMS * MISSED);
}

/** A figure is worth nothing if something was missing, came twice, or in another order. */
function verify(client, received, { entries, isAwayForAll }) {
  const expected = Array.from({ length: MISSED }, (_, i) =>
    isAwayForAll
      ? ((client % ROOMS) + i * ROOMS) * stepOf(entries)
      : entries - MISSED + i,
  );
  if (received.join() !== expected.join()) {
    throw new Error(
      `client ${client} received ${received.join()} instead of ${expected.join()}`,
    );
  }
}

function figuresOf(storm, before, after) {
  const histogram = createHistogram({ figures: 4 });
  const latencies = storm.flatMap((one) => one.latencies);
  latencies.forEach((ms) => histogram.record(Math.round(ms * 1e6)));
  const restored = latencies.length;
  const startedAt = Math.min(...storm.map((one) => one.startedAt));
  const endedAt = Math.max(...storm.map((one) => one.endedAt));
  const relayCpu = (after.relay.cpu - before.relay.cpu) / restored;
  const workersCpu =
    after.workers.reduce(
      (sum, { cpu }, index) => sum + cpu - before.workers[index].cpu,
      0,
    ) / restored;
  return {
    ...summaryOf(histogram),
    restored,
    restoreRate: (restored / (endedAt - startedAt)) * 1e3,
    relayCpu,
    workersCpu,
    clusterCpu: relayCpu + workersCpu,
  };
}
