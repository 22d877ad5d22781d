import assert from "node:assert/strict";
import { serializations } from "../robustness/subject";
import type { TestCluster } from "../support/cluster";
import { Random } from "../support/random";
import { waitFor, within } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { seed } from "./seed";
import { forkRecovering, startRecovering } from "./recovery-cluster";
import { LONG } from "./returning";
import { Traffic } from "./traffic";

const CLIENTS = 20;
const ROOMS = ["red", "green", "blue"];

for (const serialization of serializations) {
  describe(`workers that end one after the other, ${serialization}`, function () {
    this.timeout(4 * LONG);
    const random = new Random(seed);
    let cluster: TestCluster;
    let traffic: Traffic;
    let serving: TestWorker[];

    before(async () => {
      cluster = await startRecovering(3, { serialization });
      serving = [...cluster.workers];
      traffic = new Traffic({ rooms: ROOMS });
      for (let i = 0; i < CLIENTS; i++) {
        const rooms = [ROOMS[i % 2] as string, ROOMS[i % 3] as string];
        const roamer = await traffic.connect(
          serving[i % 3] as TestWorker,
          i % 4 === 0 ? [] : rooms,
          { transports: [i % 5 === 0 ? "polling" : "websocket"] },
        );
        roamer.roam(() => serving[random.below(serving.length)] as TestWorker);
      }
      for (const worker of serving) {
        await traffic.publish(worker, 100);
      }
    });
    after(async () => {
      traffic?.close();
      await cluster?.stop();
    });

    it(`every client is recovered when all workers were replaced, each with io.close() (seed ${seed})`, async () => {
      for (const old of cluster.workers.slice()) {
        const replacement = await forkRecovering(cluster);
        await traffic.publish(replacement, 100);
        serving.splice(serving.indexOf(old), 1, replacement);
        await traffic.endOf(old);
        void old
          .run(async ({ io }) => {
            await io.close();
            process.disconnect();
          })
          .catch(() => {});
        const { code } = await within(old.exited);
        assert.equal(code, 0);
        await waitFor(
          () => traffic.roamers.every(({ isConnected }) => isConnected),
          { deadline: LONG, message: "all clients are connected" },
        );
      }
      await traffic.settle();
      for (const { strangerCount, returnCount } of traffic.roamers) {
        assert.equal(strangerCount, 0);
        assert.ok(returnCount > 0);
      }
      assert.deepEqual(cluster.primary.warnings, []);
    });
  });
}
