/** What is left when everyone has gone: nothing, as it should be. */
import { eventually, within } from "../../support/wait";
import type { TestWorker } from "../../support/worker";
import { perform } from "./agent";
import type { Scene } from "./scene";

/** Ends the run: clients, then workers, then the primary. */
export async function leave(scene: Scene): Promise<void> {
  scene.clients.forEach((client) => client.close());
  for (const worker of scene.workers) {
    if (worker.kind === "ours") {
      await endWorker(scene, worker);
    }
  }
  if (scene.plan.config.mode !== "below") {
    await checkPrimary(scene);
  }
}

/** A worker that closes its server and leaves the cluster ends by itself, if no handle or timer is left. */
async function endWorker(scene: Scene, worker: TestWorker): Promise<void> {
  scene.doomed.add(worker);
  try {
    const { before, after, intervals } = await perform(worker, "closeServer");
    if (intervals > 0) {
      scene.report(`worker ${worker.id} has ${intervals} intervals left`);
    }
    if (after !== before) {
      scene.report(
        `worker ${worker.id} has listeners of its process left: ${after}, not ${before}`,
      );
    }
    await worker.run(() => void setImmediate(() => process.disconnect()));
    const exit = await within(worker.exited, {
      message: `worker ${worker.id} ends by itself`,
    });
    if (exit.code !== 0) {
      scene.report(
        `worker ${worker.id} has ended with ${exit.code}: ${exit.stderr}`,
      );
    }
  } catch (error) {
    scene.report((error as Error).message);
  }
}

async function checkPrimary(scene: Scene): Promise<void> {
  try {
    await eventually(async () => {
      const { nodes, open, backlog } = await scene.cluster.primary.run(
        ({ handle }) => {
          const { workers, recovery, totals } = handle.stats();
          const own = workers.filter(({ wire }) => wire !== "plain");
          return {
            nodes: own.flatMap((worker) => worker.nodes).length,
            open: recovery.sessions.open,
            backlog: totals.backlog.messages,
          };
        },
      );
      if (nodes + open + backlog > 0) {
        throw new Error(
          `the primary has ${nodes} nodes, ${open} open sessions and ${backlog} messages left`,
        );
      }
    });
    const listeners = await scene.cluster.primary.run(({ cluster, handle }) => {
      handle.close();
      return cluster
        .eventNames()
        .map((name) => `${String(name)} ${cluster.listenerCount(name)}`);
    });
    if (listeners.length > 0) {
      scene.report(`the primary has listeners left: ${listeners.join()}`);
    }
  } catch (error) {
    scene.report((error as Error).message);
  }
}
