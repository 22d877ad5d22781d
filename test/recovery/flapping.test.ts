import assert from "node:assert/strict";
import type { TestCluster } from "../support/cluster";
import { Random } from "../support/random";
import { serializations } from "../robustness/subject";
import { seed } from "./seed";
import { startRecovering } from "./recovery-cluster";
import { LONG } from "./returning";
import { Traffic } from "./traffic";

const FLAPS = 50;

for (const serialization of serializations) {
  describe(`a client that flaps, ${serialization}`, function () {
    this.timeout(4 * LONG);
    let cluster: TestCluster;
    let traffic: Traffic;

    before(async () => {
      cluster = await startRecovering(3, { serialization });
      traffic = new Traffic({ rooms: ["red", "green"] });
    });
    after(async () => {
      traffic?.close();
      await cluster?.stop();
    });

    it(`has missed nothing after ${FLAPS} returns over three workers that publish 600 packets a second (seed ${seed})`, async () => {
      const random = new Random(seed);
      const { workers } = cluster;
      const [first] = workers;
      const flapping = await traffic.connect(first!, ["red"]);
      const steady = await traffic.connect(first!, ["green"]);
      for (const worker of workers) {
        await traffic.connect(worker, ["red", "green"]);
      }
      for (const worker of workers) {
        await traffic.publish(worker, 200);
      }
      for (let i = 0; i < FLAPS; i++) {
        await flapping.receives(random.below(10));
        await flapping.lose();
        await steady.receives(random.below(20));
        await flapping.returnTo(workers[random.below(3)]!);
      }
      await traffic.settle();
      assert.equal(flapping.strangerCount, 0);
    });
  });
}
