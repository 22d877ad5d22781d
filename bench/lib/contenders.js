"use strict";
/**
 * The contenders: which adapter each worker gets, and what the primary has to do for it.
 */
const SUBJECT = "../.subject";
const PUBLISHED = "cluster-adapter-published";

const CONTENDERS = [
  cluster("ours", "this version, advanced", SUBJECT, "advanced"),
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
    createAdapter: redisStreamsAdapter,
  },
  {
    id: "memory",
    title: "in-memory × workers",
    // each worker sends to itself: what the broadcasts cost where nothing has to travel
    isFloor: true,
    createAdapter: () => require("socket.io-adapter").Adapter,
  },
];

function cluster(id, title, library, serialization) {
  return {
    id,
    title,
    serialization,
    createAdapter: () => require(library).createAdapter(),
    setupPrimary: () => require(library).setupPrimary(),
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

async function redisStreamsAdapter() {
  return require("@socket.io/redis-streams-adapter").createAdapter(
    await redisClient(),
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

function contender(id) {
  return CONTENDERS.find((candidate) => candidate.id === id);
}

module.exports = {
  CONTENDERS,
  contender,
  groups: { ADVANCED, CLUSTER, NETWORKED, ALL },
};
