import {
  type ClusterSettings,
  startCluster,
  type TestCluster,
} from "../support/cluster";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { welcome } from "./traffic";

export interface RecoverySettings extends Partial<
  Omit<ClusterSettings, "workers">
> {
  /** @default "/" */
  nsp?: string;
}

/** A cluster in which clients are recovered, and greeted when they come for the first time. */
export async function startRecovering(
  workerCount: number,
  { nsp = "/", serverOptions, ...settings }: RecoverySettings = {},
): Promise<TestCluster> {
  const cluster = await startCluster({
    primary: "ours",
    serialization: "advanced",
    serverOptions: { connectionStateRecovery: {}, ...serverOptions },
    ...settings,
    workers: Array.from({ length: workerCount }, () => "ours"),
  });
  try {
    await Promise.all(
      cluster.workers.map((worker) => worker.run(welcome, nsp)),
    );
    await isOrdered(cluster);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Resolves when all workers deliver in the order of the primary, and know it. */
export async function isOrdered(cluster: TestCluster): Promise<void> {
  await waitFor(
    async () =>
      (await cluster.primary.run(({ handle }) => handle.stats().wire)) ===
      "ordered",
    { message: "the workers share an order" },
  );
  await Promise.all(cluster.alive.map(isTold));
}

/** Resolves when a worker knows what the primary has said. */
async function isTold(worker: TestWorker): Promise<void> {
  // the answers arrive behind that
  await worker.run(async ({ io }) => {
    await io.timeout(30_000).fetchSockets();
  });
}

/** Adds a worker that greets clients, too. */
export async function forkRecovering(
  cluster: TestCluster,
): Promise<TestWorker> {
  const worker = await cluster.fork("ours");
  await worker.run(welcome, "/");
  await isTold(worker);
  return worker;
}
