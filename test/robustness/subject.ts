import {
  type ClusterSettings,
  type TestCluster,
  startCluster,
} from "../support/cluster";
import type { Kind, TestWorker } from "../support/worker";

/**
 * Whose package the tests of this folder are about. `ADAPTER_UNDER_TEST=published` shows which of them 0.3.0 fails.
 */
export const subject: Kind =
  process.env.ADAPTER_UNDER_TEST === "published" ? "published" : "ours";

export const serializations = ["json", "advanced"] as const;

/** A cluster of the package under test. */
export function startSubject(
  workerCount: number,
  settings: Partial<ClusterSettings> = {},
): Promise<TestCluster> {
  return startCluster({
    primary: subject,
    serialization: "advanced",
    ...settings,
    workers: Array.from({ length: workerCount }, () => subject),
  });
}

/** The workers of a cluster, of which there are at least three. */
export function workersOf(
  cluster: TestCluster,
): [TestWorker, TestWorker, TestWorker] {
  return cluster.workers as [TestWorker, TestWorker, TestWorker];
}
