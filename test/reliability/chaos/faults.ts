/** What goes wrong. */
import { setTimeout as delay } from "node:timers/promises";
import { signalTo } from "../../support/process";
import { within } from "../../support/wait";
import type { Kind, TestWorker } from "../../support/worker";
import { perform } from "./agent";
import { type Fault, PRIMARY } from "./plan";
import type { Scene } from "./scene";

const RESTART = {
  drainDuration: 300,
  readyTimeout: 15_000,
  killTimeout: 3_000,
};

export async function fail(scene: Scene, fault: Fault): Promise<void> {
  scene.count(fault.do);
  switch (fault.do) {
    case "kill":
      await withWorker(scene, fault.worker, (worker) => kill(scene, worker));
      break;
    case "kill all":
      await Promise.all(scene.workers.map((worker) => kill(scene, worker)));
      break;
    case "stop":
      await stop(scene, fault.worker, fault.ms);
      break;
    case "block":
      await withWorker(scene, fault.worker, (worker) =>
        perform(worker, "block", fault.ms),
      );
      break;
    case "slow":
      await withWorker(scene, fault.worker, (worker) =>
        perform(worker, "slow", fault.ms),
      );
      break;
    case "fork":
      await fork(scene, fault.kind);
      break;
    case "close":
      await withWorker(scene, fault.worker, (worker) =>
        close(scene, worker, fault.how),
      );
      break;
    case "restart":
      await restart(scene, fault.concurrency);
      break;
    case "cut":
      scene.clients[fault.client]?.cut();
      break;
    case "flap":
      await flap(scene, fault.client, fault.times);
      break;
    case "roam":
      scene.clients[fault.client]?.roam();
      break;
    case "bounce":
      scene.clients[fault.client]?.bounce();
      break;
    case "garbage":
      await garbage(scene, fault.from);
      break;
  }
  if (scene.workers.length === 0) {
    // somebody has to be there to whom clients can return
    await fork(scene, "ours");
  }
}

async function withWorker(
  scene: Scene,
  slot: number,
  task: (worker: TestWorker) => unknown,
): Promise<void> {
  const worker = scene.pick(slot);
  if (worker) {
    try {
      await task(worker);
    } catch (error) {
      if (!worker.exit && !scene.isExpectedToEnd(worker)) {
        throw error;
      }
    }
  }
}

async function kill(scene: Scene, worker: TestWorker): Promise<void> {
  scene.doomed.add(worker);
  await worker.kill("SIGKILL");
  await within(worker.exited, { message: `worker ${worker.id} ends` });
}

async function stop(scene: Scene, slot: number, ms: number): Promise<void> {
  if (slot === PRIMARY) {
    scene.cluster.primary.kill("SIGSTOP");
    try {
      await delay(Math.min(ms, 1_000));
    } finally {
      scene.cluster.primary.kill("SIGCONT");
    }
    return;
  }
  const worker = scene.pick(slot);
  if (worker && !scene.stopped.has(worker)) {
    scene.stopped.add(worker);
    signalTo(worker.pid, "SIGSTOP");
    await delay(ms);
    scene.stopped.delete(worker);
    signalTo(worker.pid, "SIGCONT");
  }
}

export async function fork(scene: Scene, kind: Kind): Promise<void> {
  await scene.cluster.fork(scene.specOf(kind));
  scene.watch();
}

/** Whenever the client is back, its connection breaks. */
async function flap(scene: Scene, index: number, times: number): Promise<void> {
  const client = scene.clients[index];
  for (let i = 0; i < times; i++) {
    client?.cut();
    await delay(20 * i);
  }
}

/** The worker ends by itself, as an application lets it end. */
async function close(
  scene: Scene,
  worker: TestWorker,
  how: "exit" | "disconnect",
): Promise<void> {
  if (worker.kind === "published") {
    await kill(scene, worker);
    return;
  }
  scene.doomed.add(worker);
  await perform(worker, "close", how).catch(() => {});
  try {
    const { code, signal, stderr } = await within(worker.exited, {
      deadline: 20_000,
    });
    if (code !== 0 && signal !== "SIGKILL") {
      scene.report(`worker ${worker.id} has ended with ${code}: ${stderr}`);
    }
  } catch {
    scene.report(`worker ${worker.id} does not end after its close()`);
    await kill(scene, worker);
  }
}

async function restart(scene: Scene, concurrency: number): Promise<void> {
  scene.workers.forEach((worker) => scene.mayEnd.add(worker));
  try {
    await scene.cluster.primary.run(
      ({ handle, fork: forkWorker }, options, spec) =>
        handle.restart({ ...options, fork: () => forkWorker(spec) }),
      { ...RESTART, concurrency },
      scene.specOf("ours"),
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_RESTART") {
      throw error;
    }
    scene.count("restarts that stopped");
  }
}

async function garbage(scene: Scene, slot: number): Promise<void> {
  scene.deeds.add("garbage");
  const hasNode = !scene.isOrdered && scene.plan.config.patience === "short";
  const args = [slot + 2, hasNode] as const;
  if (slot === PRIMARY) {
    await perform(scene.cluster.primary, "garbage", ...args);
  } else {
    await withWorker(scene, slot, (worker) =>
      perform(worker, "garbage", ...args),
    );
  }
}
