import assert from "node:assert/strict";
import type { TestCluster } from "../support/cluster";
import { Random } from "../support/random";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { seed } from "./seed";
import { forkRecovering, startRecovering } from "./recovery-cluster";
import { LONG } from "./returning";
import { Traffic } from "./traffic";

const CLIENTS = 200;
const WORKERS = 3;
const ROOMS = Array.from({ length: 20 }, (_, i) => `room ${i}`);
const MIN_KILLS = 4;
const seconds = Number(process.env.RECOVERY_SECONDS ?? 0);

describe("workers that are killed again and again", function () {
  this.timeout(seconds * 1_000 + 4 * LONG);
  const random = new Random(seed);
  let cluster: TestCluster;
  let traffic: Traffic;
  let serving: TestWorker[];

  before(async () => {
    cluster = await startRecovering(WORKERS);
    serving = [...cluster.workers];
    traffic = new Traffic({ rooms: ROOMS });
    await Promise.all(
      Array.from({ length: CLIENTS }, async (_, i) => {
        const worker = serving[i % WORKERS] as TestWorker;
        const rooms = [ROOMS[i % ROOMS.length] as string];
        const roamer = await traffic.connect(worker, rooms);
        roamer.roam(() => serving[random.below(serving.length)] as TestWorker);
      }),
    );
    for (const worker of serving) {
      await traffic.publish(worker, 600 / WORKERS);
    }
  });
  after(async () => {
    traffic?.close();
    await cluster?.stop();
  });

  async function killOne(): Promise<void> {
    const [victim] = serving.splice(random.below(serving.length), 1);
    assert.ok(victim);
    await victim.kill("SIGKILL");
    traffic.noteKilled(victim);
    const replacement = await forkRecovering(cluster);
    await traffic.publish(replacement, 600 / WORKERS);
    serving.push(replacement);
    await waitFor(
      () => traffic.roamers.every(({ isConnected }) => isConnected),
      { deadline: LONG, message: "all clients are connected" },
    );
  }

  it(`${CLIENTS} clients are recovered each time, and miss nothing but what nobody has (seed ${seed})`, async () => {
    const end = Date.now() + seconds * 1_000;
    let kills = 0;
    for (; kills < MIN_KILLS || Date.now() < end; kills++) {
      await killOne();
    }
    await traffic.settle();
    const { published, lost } = traffic.ledger;
    const returns = traffic.roamers.map(({ returnCount }) => returnCount);
    const strangers = traffic.roamers.filter((one) => one.strangerCount > 0);
    if (seconds > 0) {
      console.log(
        `     ${kills} workers were killed, clients returned ${sum(returns)} times; ` +
          `of ${published} packets, ${lost} were lost with a worker`,
      );
    }
    assert.equal(strangers.length, 0);
    assert.ok(sum(returns) >= kills, "few clients have returned");
  });
});

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
