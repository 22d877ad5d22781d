import assert from "node:assert/strict";
import type { Cluster, Worker } from "node:cluster";
import { EventEmitter } from "node:events";
import { UnlistedWorkers } from "../../../dist/primary/unlisted-workers";

class FakeWorker {
  readonly process = new EventEmitter();

  constructor(
    readonly id: number,
    private readonly workers: object,
  ) {}

  disconnect(): void {
    delete (this.workers as Record<number, unknown>)[this.id];
  }
}

describe("workers that are not listed", () => {
  let cluster: EventEmitter & { workers: Record<number, FakeWorker> };
  let seen: string[];
  let unlisted: UnlistedWorkers;

  beforeEach(() => {
    const workers: Record<number, FakeWorker> = {};
    for (const id of [1, 2, 3]) {
      workers[id] = new FakeWorker(id, workers);
    }
    seen = [];
    cluster = Object.assign(new EventEmitter(), {
      workers,
      disconnect: () => seen.push(...listed()),
    });
    unlisted = new UnlistedWorkers(cluster as unknown as Cluster);
  });

  function listed(): string[] {
    return Object.keys(cluster.workers);
  }

  function hide(id: number): FakeWorker {
    const worker = cluster.workers[id]!;
    unlisted.hide(worker as unknown as Worker);
    return worker;
  }

  it("are found by their number until they are shown", () => {
    const worker = hide(2);
    assert.deepEqual(listed(), ["1", "3"]);
    assert.equal(cluster.workers[2], worker);
    unlisted.show(worker as unknown as Worker);
    assert.deepEqual(listed(), ["1", "2", "3"]);
  });

  it("are listed when the whole cluster is disconnected", () => {
    const { disconnect } = cluster as unknown as Cluster;
    hide(2);
    hide(3);
    (cluster as unknown as Cluster).disconnect();
    assert.deepEqual(seen, ["1", "2", "3"]);
    assert.equal((cluster as unknown as Cluster).disconnect, disconnect);
    assert.equal(cluster.listenerCount("fork"), 0);
  });

  for (const [how, end] of [
    ["exits", ({ process }: FakeWorker) => process.emit("exit")],
    ["loses its channel", (one: FakeWorker) => one.process.emit("disconnect")],
    ["is disconnected", (one: FakeWorker) => one.disconnect()],
  ] as const) {
    it(`are listed when the last of the others ${how}, even if it came later`, () => {
      [1, 2, 3].forEach(hide);
      const late = new FakeWorker(4, cluster.workers);
      cluster.workers[4] = late;
      cluster.emit("fork", late);
      end(late);
      assert.deepEqual(listed().slice(0, 3), ["1", "2", "3"]);
    });
  }

  it("stay unlisted when they close their channels, and others are there", () => {
    hide(1).process.emit("disconnect");
    assert.deepEqual(listed(), ["2", "3"]);
    cluster.workers[2]!.process.emit("exit");
    assert.deepEqual(listed(), ["2", "3"]);
  });

  it("are forgotten once they have ended", () => {
    const worker = hide(1);
    worker.process.emit("exit");
    delete cluster.workers[1];
    assert.equal(cluster.listenerCount("fork"), 0);
    unlisted.hide(worker as unknown as Worker);
    assert.equal(cluster.listenerCount("fork"), 0);
  });
});
