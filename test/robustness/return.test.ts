import assert from "node:assert/strict";
import type { TestCluster } from "../support/cluster";
import { RawClient } from "../support/raw-client";
import type { TestWorker } from "../support/worker";
import { startSubject } from "./subject";

describe("a client that returns", () => {
  let cluster: TestCluster;
  let workers: [TestWorker, TestWorker];
  let client: RawClient;

  before(async () => {
    cluster = await startSubject(2, {
      serverOptions: { connectionStateRecovery: {} },
    });
    workers = cluster.workers as [TestWorker, TestWorker];
  });
  after(() => cluster.stop());

  beforeEach(async () => {
    client = await RawClient.connect(workers[0].url);
    await workers[0].run(({ io }) => void io.emit("hello"));
  });
  afterEach(() => client.lose());

  it("gets what its parser cannot decode, and what follows, whoever listens", async () => {
    await workers[1].run(({ io }) => {
      io.use((socket, next) => {
        socket.onAnyOutgoing(() => {});
        next();
      });
    });
    const [, offset] = await client.event("hello");
    await client.lose();
    await workers[0].run(({ io }) => {
      io.emit("broken", { _placeholder: true, num: 7 }, Buffer.of(1));
      io.emit("whole");
    });
    const { pid } = client.session;
    const returned = await RawClient.connect(workers[1].url, { pid, offset });
    await returned.event("whole");
    assert.equal(returned.packets.filter(Buffer.isBuffer).length, 1);
    assert.equal(workers[1].exit, undefined);
    await returned.lose();
  });
});
