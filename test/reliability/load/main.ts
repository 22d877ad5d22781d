/**
 * `npm run load -- [--clients N] [--workers N] [--loaders N] [--storm N] [--minutes M]`: as many WebSocket clients as the
 * machine holds, through `@socket.io/sticky`; then a part of them leaves and comes back at once. What the adapter takes
 * meanwhile is measured.
 */
import { freemem, totalmem } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type TestCluster, startCluster } from "../../support/cluster";
import { waitFor } from "../../support/wait";
import type { TestWorker } from "../../support/worker";
import { openPort } from "../../interop/sticky-front";
import { type Latency, LatencyProbe } from "./latency";
import { type LoaderState, Loaders } from "./loaders";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "1000000" },
    workers: { type: "string", default: "4" },
    loaders: { type: "string", default: "4" },
    storm: { type: "string", default: "0.1" },
    minutes: { type: "string", default: "10" },
  },
});

const STEP = 2_000;
// how many connect at the same time
const PACE = 200;
const MIN_FREE_MEMORY = 0.1;
const ARRIVAL_DEADLINE = 60_000;

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;
}

function describe({ p50, p99, max, count, failed }: Latency): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  return (
    `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)} (${count} round trips` +
    `${failed > 0 ? `, ${failed} not answered` : ""})`
  );
}

/** Adds clients until there are enough, or something stops it; tells what. */
async function fill(
  loaders: Loaders,
  url: string,
  probe: LatencyProbe,
): Promise<string> {
  const wanted = Number(values.clients);
  const end = Date.now() + Number(values.minutes) * 60_000;
  for (;;) {
    const { connected } = await loaders.state();
    if (connected >= wanted) {
      return "the number that was asked for is reached";
    }
    if (freemem() < totalmem() * MIN_FREE_MEMORY) {
      return `there is less than ${MIN_FREE_MEMORY * 100} % of the memory left`;
    }
    if (Date.now() > end) {
      return `the ${values.minutes} minutes are over`;
    }
    const start = Date.now();
    await probe.start();
    const count = Math.min(STEP, wanted - connected);
    const state = await loaders.open(url, count, PACE);
    const seconds = (Date.now() - start) / 1_000;
    console.log(
      `${state.connected.toLocaleString("en")} clients, ${Math.round(count / seconds)} a second, the slowest after ${Math.round(state.slowest)} ms, ` +
        `${megabytes(totalmem() - freemem())} in use; the adapter meanwhile: ${describe(await probe.stop())}`,
    );
    if (Object.keys(state.failures).length > 0) {
      return `connections fail: ${failuresOf(state)}`;
    }
  }
}

function failuresOf({ failures }: LoaderState): string {
  return Object.entries(failures)
    .map(([reason, count]) => `${reason} (${count})`)
    .join(", ");
}

/** How long a broadcast takes to everyone. */
async function broadcast(worker: TestWorker, loaders: Loaders): Promise<void> {
  const { connected } = await loaders.forget();
  const start = await worker.run(({ io }) => {
    io.emit("hello", "x".repeat(100));
    return Date.now();
  });
  await waitFor(async () => (await loaders.state()).arrivals >= connected, {
    deadline: ARRIVAL_DEADLINE,
    message: "everyone has the broadcast",
  });
  const { lastArrival } = await loaders.state();
  console.log(
    `a broadcast has reached all ${connected.toLocaleString("en")} clients within ${lastArrival - start} ms`,
  );
}

/** A part of the clients leaves, and comes back at once. */
async function storm(
  loaders: Loaders,
  url: string,
  probe: LatencyProbe,
): Promise<void> {
  const { connected } = await loaders.state();
  const count = Math.floor(connected * Number(values.storm));
  await loaders.close(count);
  await probe.start();
  const start = Date.now();
  const after = await loaders.open(url, count, count);
  const ms = Date.now() - start;
  console.log(
    `a storm: ${count.toLocaleString("en")} clients that come at once are connected after ${ms} ms ` +
      `(${Math.round((count / ms) * 1_000)} a second); ${after.connected.toLocaleString("en")} are there, ` +
      `${after.lost} were lost meanwhile; the adapter: ${describe(await probe.stop())}`,
  );
}

async function memoryOf(cluster: TestCluster): Promise<void> {
  const workers = await Promise.all(
    cluster.workers.map((worker) =>
      worker.run(() => process.memoryUsage().rss),
    ),
  );
  const primary = await cluster.primary.run(() => process.memoryUsage().rss);
  console.log(
    `memory: primary ${megabytes(primary)}, workers ${workers.map(megabytes).join(", ")}`,
  );
}

async function main(): Promise<void> {
  const cluster = await startCluster({
    primary: "ours",
    serialization: "advanced",
    workerScript: resolve(__dirname, "../../../test/fixtures/load/worker.js"),
    workers: Array.from({ length: Number(values.workers) }, () => "ours"),
    // with so many clients, a ping of each is a load of its own
    serverOptions: { pingInterval: 60_000, pingTimeout: 60_000 },
  });
  const loaders = new Loaders(Number(values.loaders));
  try {
    const port = await cluster.primary.run(openPort, "least-connection");
    const url = `http://127.0.0.1:${port}`;
    const [worker] = cluster.workers as [TestWorker];
    const probe = new LatencyProbe(worker);
    const reason = await fill(loaders, url, probe);
    const { connected } = await loaders.state();
    console.log(
      `\n${connected.toLocaleString("en")} clients; no more, as ${reason}`,
    );
    // where no process can open a file any more, nothing can be measured
    await loaders.close(Math.ceil(connected / 100));
    await memoryOf(cluster);
    await broadcast(worker, loaders);
    await storm(loaders, url, probe);
    await probe.start();
    await broadcast(worker, loaders);
    console.log(`the adapter during that: ${describe(await probe.stop())}`);
  } finally {
    await loaders.stop();
    await cluster.stop();
  }
}

void main();
