"use strict";
/**
 * The contenders: which adapter each worker gets, and what the primary has to do for it.
 */
const SUBJECT = "../.subject";
const PUBLISHED = "cluster-adapter-published";

/**
 * Where clients may come back for what they have missed. `offsetSize` is what the adapter adds to each event, `null`
 * where that differs.
 */
const RECOVERY = {
  serverOptions: { connectionStateRecovery: {} },
  offsetSize: null,
};

const CONTENDERS = [
  cluster("ours", "this version, advanced", SUBJECT, "advanced"),
  {
    ...cluster(
      "ours-recovery",
      "this version, advanced, with recovery",
      SUBJECT,
      "advanced",
      { maxLogEntries: 250_000 },
    ),
    ...RECOVERY,
    // ,"<offset>"
    offsetSize: 18,
  },
  {
    ...cluster("ours-stats", "this version, polled", SUBJECT, "advanced"),
    // no rival: it is what the one before it is compared with
    isProbe: true,
    setupPrimary() {
      const handle = require(SUBJECT).setupPrimary();
      setInterval(() => handle.stats(), 100);
      return handle;
    },
  },
  cluster("published", "0.3.0, advanced", PUBLISHED, "advanced"),
  cluster("ours-json", "this version, json", SUBJECT, "json"),
  cluster("published-json", "0.3.0, json", PUBLISHED, "json"),
  {
    id: "redis",
    title: "redis-adapter",
    usesRedis: true,
    createAdapter: redisAdapter,
  },
  {
    id: "redis-streams",
    title: "redis-streams-adapter",
    usesRedis: true,
    createAdapter: () => redisStreamsAdapter(),
  },
  {
    id: "redis-streams-recovery",
    title: "redis-streams-adapter, with recovery",
    usesRedis: true,
    // the whole log of any workload
    createAdapter: () => redisStreamsAdapter({ maxLen: 1_000_000 }),
    ...RECOVERY,
  },
  {
    id: "memory",
    title: "in-memory × workers",
    // each worker sends to itself: what the broadcasts cost where nothing has to travel
    isFloor: true,
    createAdapter: () => require("socket.io-adapter").Adapter,
  },
  {
    id: "memory-recovery",
    title: "in-memory, with recovery",
    isFloor: true,
    createAdapter: () => require("socket.io-adapter").SessionAwareAdapter,
    ...RECOVERY,
  },
];

function cluster(id, title, library, serialization, primaryOptions) {
  return {
    id,
    title,
    serialization,
    createAdapter: () => require(library).createAdapter(),
    setupPrimary: () => require(library).setupPrimary(primaryOptions),
  };
}

async function redisAdapter() {
  const publisher = await redisClient();
  const subscriber = await redisClient();
  return require("@socket.io/redis-adapter").createAdapter(
    publisher,
    subscriber,
  );
}

async function redisStreamsAdapter(options) {
  return require("@socket.io/redis-streams-adapter").createAdapter(
    await redisClient(),
    options,
  );
}

async function redisClient() {
  const port = Number(process.env.BENCH_REDIS_PORT);
  const client = require("redis").createClient({
    socket: { host: "127.0.0.1", port },
  });
  client.on("error", () => {});
  return client.connect();
}

/** What workloads choose from, by id. */
const ADVANCED = ["ours", "published"];
const CLUSTER = [...ADVANCED, "ours-json", "published-json"];
const NETWORKED = [...CLUSTER, "redis", "redis-streams"];
const ALL = [...NETWORKED, "memory"];
/** This version, without recovery and with it. */
const RECOVERY_COST = ["ours", "ours-recovery"];
/** This version, alone and with somebody who looks at its statistics. */
const STATS_COST = ["ours", "ours-stats"];
const RECOVERING = [
  "ours-recovery",
  "redis-streams-recovery",
  "memory-recovery",
];

function contender(id) {
  return CONTENDERS.find((candidate) => candidate.id === id);
}

module.exports = {
  CONTENDERS,
  contender,
  groups: {
    ADVANCED,
    CLUSTER,
    NETWORKED,
    ALL,
    RECOVERY_COST,
    RECOVERING,
    STATS_COST,
  },
};
