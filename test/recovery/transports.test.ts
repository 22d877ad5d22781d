import assert from "node:assert/strict";
import { resolve } from "node:path";
import { StickyFront } from "../interop/sticky-front";
import type { TestCluster } from "../support/cluster";
import { Random } from "../support/random";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { seed } from "./seed";
import { startRecovering, type RecoverySettings } from "./recovery-cluster";
import { LONG } from "./returning";
import type { Roamer } from "./roamer";
import { cut } from "./returning";
import { Traffic } from "./traffic";

const FLAPS = 6;
const fixtures = resolve(__dirname, "../../test/fixtures/recovery");

const deflateParser = require(resolve(fixtures, "deflate-parser.js")) as object;
const parsers: {
  name: string;
  settings: RecoverySettings;
  parser?: object | "msgpack";
}[] = [
  { name: "the parser of Socket.IO", settings: { serialization: "json" } },
  {
    name: "the parser of msgpack",
    settings: { parser: "msgpack" },
    parser: "msgpack",
  },
  {
    name: "a parser that compresses what it encodes",
    settings: { workerScript: resolve(fixtures, "deflate-worker.js") },
    parser: deflateParser,
  },
];

type Place = { url: string };

async function flap(
  roamer: Roamer,
  places: readonly Place[],
  random: Random,
): Promise<void> {
  for (let i = 0; i < FLAPS; i++) {
    await roamer.receives(random.below(20));
    await roamer.lose();
    await roamer.returnTo(places[random.below(places.length)] as Place);
  }
}

describe(`clients that flap (seed ${seed})`, function () {
  this.timeout(4 * LONG);
  const random = new Random(seed);
  let cluster: TestCluster;
  let traffic: Traffic;

  async function start(
    settings: RecoverySettings,
    parser?: object | "msgpack",
  ): Promise<void> {
    cluster = await startRecovering(3, settings);
    traffic = new Traffic({ rooms: ["red", "green"], parser });
  }

  /** All clients flap at once, while all workers publish. */
  async function flapAll(places: readonly Place[]): Promise<void> {
    for (const worker of cluster.workers) {
      await traffic.publish(worker, 100);
    }
    await Promise.all(
      traffic.roamers.map((roamer) => flap(roamer, places, random)),
    );
    await traffic.settle();
    for (const { returnCount, strangerCount } of traffic.roamers) {
      assert.deepEqual([returnCount, strangerCount], [FLAPS, 0]);
    }
  }

  afterEach(async () => {
    traffic?.close();
    await cluster?.stop();
  });

  it("miss nothing with each of the transports, through @socket.io/sticky", async () => {
    await start({});
    const front = await StickyFront.open(cluster, "round-robin");
    for (const transports of [
      ["polling"],
      ["websocket"],
      ["polling", "websocket"],
      ["polling"],
    ]) {
      await traffic.connect(front, ["red"], { transports });
    }
    await flapAll([front]);
  });

  for (const { name, settings, parser } of parsers) {
    it(`miss nothing with ${name}, not even if the connection is lost while they get what they missed`, async () => {
      await start(settings, parser);
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      const slow = await traffic.connect(first, ["red"]);
      await traffic.connect(second, ["green"]);
      await traffic.publish(second, 200);
      await slow.lose();
      await traffic.roamers[1]?.receives(50);
      const goal = slow.receivedCount + 5;
      const { socket } = slow;
      socket.onAny(() => {
        if (slow.receivedCount === goal) {
          cut(socket);
        }
      });
      await slow.returnTo(first);
      await waitFor(() => !socket.connected);
      await slow.returnTo(second);
      assert.equal(slow.strangerCount, 0);
      slow.returnCount = 0;
      await flapAll(cluster.workers);
    });
  }
});
