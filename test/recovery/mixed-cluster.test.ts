import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { arrivals, onceEvent } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import { waitFor, within } from "../support/wait";
import type { Kind, TestWorker, WorkerSpec } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { isOrdered } from "./recovery-cluster";
import { LONG, returnTo, ticketOf } from "./returning";
import { Traffic, welcome } from "./traffic";

const on: WorkerSpec = {
  kind: "ours",
  serverOptions: { connectionStateRecovery: {} },
};
const off: WorkerSpec = { kind: "ours", serverOptions: {} };
const old: WorkerSpec = { kind: "published", serverOptions: {} };

interface Column {
  title: string;
  primary: Kind;
  workers: WorkerSpec[];
  /** Who warns, once: the primary, or each worker that has it on. */
  warns: "primary" | "workers";
  warning: RegExp;
}

const columns: Column[] = [
  {
    title: "under a primary of 0.3.0",
    primary: "published",
    workers: [on, on, on],
    warns: "workers",
    warning: /recovers nobody: the primary has not answered/,
  },
  {
    title: "with a worker of 0.3.0",
    primary: "ours",
    workers: [on, on, old],
    warns: "primary",
    warning:
      /recovers nobody: worker 3 .* speaks the messages of version 0.3.0/,
  },
  {
    title: "with a worker that has it off",
    primary: "ours",
    workers: [on, on, off],
    warns: "primary",
    warning: /recovers nobody: worker 3 .* has a server on which it is off/,
  },
];

type Workers = [TestWorker, TestWorker, TestWorker];

for (const { title, primary, workers: specs, warns, warning } of columns) {
  describe(`connectionStateRecovery ${title}`, () => {
    let cluster: TestCluster;
    let workers: Workers;

    before(async () => {
      cluster = await startCluster({
        primary,
        workers: specs,
        serialization: "advanced",
        // they wait twice as long for the primary
        adapterOptions: warns === "workers" ? { heartbeatInterval: 200 } : {},
      });
      workers = cluster.workers as Workers;
      await Promise.all(workers.map((worker) => worker.run(welcome, "/")));
    });
    after(() => cluster?.stop());

    it("all events arrive at all clients as they were sent, and answers come back", async () => {
      const clients = await Promise.all(
        workers.map((worker) => arrive(worker, { rooms: ["red"] })),
      );
      clients.forEach((client) =>
        client.on("ask", (n: number, answer: (text: string) => void) =>
          answer(`${n} of ${client.id}`),
        ),
      );
      for (const [index, worker] of workers.entries()) {
        const answers = await worker.run(async ({ io }, id) => {
          io.volatile.emit("volatile", "text");
          io.emit("all", "text", Buffer.from("x"));
          io.emit("empty");
          io.to("red").emit("red", { deep: [Buffer.from("y")] });
          io.to("blue").emit("not for them");
          io.except("red").emit("not for them");
          io.of("/")
            .sockets.get(id as string)
            ?.emit("direct", "text");
          const asked = io.timeout(5_000).emitWithAck("ask", 7);
          return (await asked) as string[];
        }, clients[index]?.id);
        assert.deepEqual(
          answers.sort(),
          clients.map(({ id }) => `7 of ${id}`).sort(),
        );
        await Promise.all(
          clients.map((client) => fenceWithoutOrder(client, worker)),
        );
      }
      for (const client of clients) {
        const seen = arrivals(client).filter(([event]) =>
          ["all", "empty", "red", "not for them"].includes(event as string),
        );
        const round = [
          ["all", "text", Buffer.from("x")],
          ["empty"],
          ["red", { deep: [Buffer.from("y")] }],
        ];
        assert.deepEqual(seen, [...round, ...round, ...round]);
        const direct = arrivals(client).filter(([event]) => event === "direct");
        assert.deepEqual(direct, [["direct", "text"]]);
        // some may be left out
        arrivals(client)
          .filter(([event]) => event === "volatile")
          .forEach((args) => assert.deepEqual(args, ["volatile", "text"]));
        client.disconnect();
      }
    });

    it("nobody is recovered, and everybody is served", async () => {
      const [first, second, third] = workers;
      for (const [from, to] of [
        [first, first],
        [first, second],
        [second, third],
        [third, first],
      ] as const) {
        const client = await arrive(from);
        const { id } = client;
        await lose(client);
        await second.run(({ io }) => void io.emit("missed"));
        await returnTo(client, to);
        assert.ok(!client.recovered);
        assert.notEqual(client.id, id);
        await onceEvent(client, "welcome");
        await fenceWithoutOrder(client, second);
        assert.ok(!arrivals(client).some(([event]) => event === "missed"));
        client.disconnect();
      }
      // with what a client kept from a time at which it was otherwise
      const ticket = { pid: "abcdefghijklmnopqrst", offset: "abcdef.abcdefgh" };
      const client = await first.connect("/", { ticket });
      assert.ok(!client.recovered);
    });

    it("exactly one process warning says why", async () => {
      const warners = warns === "primary" ? [cluster.primary] : workers;
      await waitFor(() => warners.every(({ warnings }) => warnings.length > 0));
      for (const { warnings } of warners) {
        assert.match(warnings[0]?.message ?? "", warning);
      }
      const texts = [cluster.primary, ...workers].flatMap(({ warnings }) =>
        warnings.map(({ message }) => message),
      );
      assert.deepEqual(texts, texts.slice(0, warners.length));
    });
  });
}

/** As `fence()`, where events have no offset. */
async function fenceWithoutOrder(
  client: Socket,
  worker: TestWorker,
): Promise<void> {
  await worker.run(({ io }) => void io.emit("fence"));
  await onceEvent(client, "fence");
}

describe("connectionStateRecovery in a cluster that changes", function () {
  this.timeout(4 * LONG);
  let cluster: TestCluster;
  let traffic: Traffic;

  beforeEach(async () => {
    cluster = await startCluster({
      primary: "ours",
      workers: [on, on],
      serialization: "json",
    });
    traffic = new Traffic({ rooms: ["red", "green"], hasOneOrder: false });
    await Promise.all(
      cluster.workers.map((worker) => worker.run(welcome, "/")),
    );
    await isOrdered(cluster);
  });
  afterEach(async () => {
    traffic?.close();
    await cluster?.stop();
  });

  it("begins anew when the last worker of 0.3.0 is gone: whoever was connected then is recovered later, with no older ticket", async () => {
    const [first, second] = cluster.workers as Workers;
    const client = await arrive(first);
    const tooOld = ticketOf(client);
    const third = await cluster.fork(old);
    await cluster.formed();
    await third.kill("SIGKILL");
    await within(third.exited);
    await isOrdered(cluster);
    const stranger = await second.connect("/", { ticket: tooOld });
    assert.ok(!stranger.recovered);
    await fence(client, [first, second]);
    await lose(client);
    await second.run(({ io }) => void io.emit("missed"));
    await returnTo(client, second);
    assert.equal(client.recovered, true);
    await fence(client, [first, second]);
    assert.deepEqual(eventsOf(client), [["missed"]]);
  });

  it("loses nothing and doubles nothing while workers of 0.3.0, and one that has it off, come and go", async () => {
    const [first, second] = cluster.workers as Workers;
    await traffic.connect(first, ["red"]);
    await traffic.connect(second, ["green"]);
    await traffic.publish(first, 200);
    await traffic.publish(second, 200);
    for (const spec of [old, off]) {
      const third = await cluster.fork(spec);
      await cluster.formed();
      await traffic.roamers[0]?.receives(20);
      await third.kill("SIGKILL");
      await within(third.exited);
      await isOrdered(cluster);
      await traffic.roamers[1]?.receives(20);
    }
    await traffic.settle();
  });
});
