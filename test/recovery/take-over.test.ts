import assert from "node:assert/strict";
import { serializations } from "../robustness/subject";
import type { TestCluster } from "../support/cluster";
import { Random } from "../support/random";
import { eventually } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { seed } from "./seed";
import { startRecovering } from "./recovery-cluster";
import { LONG } from "./returning";
import { Traffic } from "./traffic";

const CHANGES = 10;

/** How many sockets a worker has. */
function socketCount(worker: TestWorker): Promise<number> {
  return worker.run(({ io }) => io.of("/").sockets.size);
}

for (const serialization of serializations) {
  describe(`clients whose old connection is still open, ${serialization}`, function () {
    this.timeout(4 * LONG);
    let cluster: TestCluster;
    let workers: [TestWorker, TestWorker, TestWorker];
    let traffic: Traffic;

    before(async () => {
      cluster = await startRecovering(3, { serialization });
      workers = cluster.workers as typeof workers;
    });
    beforeEach(() => {
      traffic = new Traffic({ rooms: ["red", "green"] });
    });
    afterEach(() => traffic.close());
    after(() => cluster?.stop());

    for (const transport of ["websocket", "polling"]) {
      it(`a client of ${transport} that changes networks ${CHANGES} times misses nothing, and has one connection (seed ${seed})`, async () => {
        const random = new Random(seed);
        const roaming = await traffic.connect(workers[0], ["red"], {
          transports: [transport],
        });
        const { id } = roaming.socket;
        await traffic.connect(workers[1]);
        for (const worker of workers) {
          await traffic.publish(worker, 200);
        }
        for (let i = 0; i < CHANGES; i++) {
          await roaming.receives(random.below(20));
          // at times to the worker that has it
          await roaming.changeTo(workers[random.below(3)] as TestWorker);
          assert.equal(roaming.socket.recovered, true);
          assert.equal(roaming.socket.id, id);
        }
        await traffic.settle();
        // those of an earlier test have left by then
        await eventually(async () => {
          const [a, b, c] = await Promise.all(workers.map(socketCount));
          assert.equal(a! + b! + c!, 2);
        });
      });
    }

    it("a client of a worker that is stopped is recovered elsewhere, and its old connection closes when the worker goes on", async () => {
      const [stopped, second, third] = workers;
      const roaming = await traffic.connect(stopped, ["red"]);
      await traffic.connect(second, ["red", "green"]);
      await traffic.connect(stopped, ["red", "green"]);
      for (const worker of workers) {
        await traffic.publish(worker, 100);
      }
      await roaming.receives(20);
      await stopped.kill("SIGSTOP");
      await roaming.changeTo(second);
      assert.equal(roaming.socket.recovered, true);
      await roaming.receives(20);
      await roaming.changeTo(third);
      assert.equal(roaming.socket.recovered, true);
      await roaming.receives(20);
      await stopped.kill("SIGCONT");
      await traffic.settle();
      await eventually(async () =>
        assert.deepEqual(
          await Promise.all(workers.map(socketCount)),
          [1, 1, 1],
        ),
      );
    });
  });
}
