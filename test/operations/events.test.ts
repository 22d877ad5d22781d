import assert from "node:assert/strict";
import type { PrimaryEvents } from "../../dist";
import { received } from "../support/client";
import {
  type ClusterSettings,
  type TestCluster,
  startCluster,
} from "../support/cluster";
import type { PrimaryContext } from "../support/remote";
import { eventually, waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";

type Name = keyof PrimaryEvents;

/** An event as it was told, and by whom. */
interface Told {
  name: Name;
  event: PrimaryEvents[Name];
}

/** Runs in the primary: notes what its handle tells, and what is published on the diagnostics channels. */
function listen({ handle, state, require }: PrimaryContext): void {
  const { subscribe } =
    require("node:diagnostics_channel") as typeof import("node:diagnostics_channel");
  const names: Name[] = [
    "nodeJoin",
    "nodeLeave",
    "overflow",
    "resume",
    "drained",
    "wire",
    "restore",
  ];
  const told: Told[] = [];
  const published: Told[] = [];
  for (const name of names) {
    handle.on(name, (event) => told.push({ name, event }));
    subscribe(`socket.io-cluster-adapter:${name}`, (event) =>
      published.push({ name, event: event as PrimaryEvents[Name] }),
    );
  }
  state.told = told;
  state.published = published;
}

async function toldBy(cluster: TestCluster): Promise<Told[]> {
  const { told, published } = await cluster.primary.run(({ state }) => ({
    told: state.told as Told[],
    published: state.published as Told[],
  }));
  assert.deepEqual(published, told);
  return told;
}

function nameOf({ id, pid }: TestWorker) {
  return { id, pid };
}

describe("the handle of setupPrimary()", () => {
  let cluster: TestCluster;
  afterEach(() => cluster?.stop());

  async function start(settings: Partial<ClusterSettings> = {}): Promise<void> {
    cluster = await startCluster({
      primary: "ours",
      workers: ["ours", "ours"],
      serialization: "advanced",
      ...settings,
    });
    await cluster.primary.run(listen);
  }

  function eventsOf<N extends Name>(told: Told[], name: N): PrimaryEvents[N][] {
    return told
      .filter((one) => one.name === name)
      .map(({ event }) => event as PrimaryEvents[N]);
  }

  it("tells which nodes come and go, and which wire the cluster speaks", async () => {
    await start();
    const worker = await cluster.fork("ours");
    await cluster.formed("/news");
    const old = await cluster.fork("published");
    await cluster.formed("/", cluster.alive);
    await old.kill();
    await worker.kill();
    await eventually(async () => {
      const told = await toldBy(cluster);
      const joins = eventsOf(told, "nodeJoin");
      const leaves = eventsOf(told, "nodeLeave");
      assert.deepEqual(
        joins
          .filter((event) => event.worker.id === worker.id)
          .map(({ nsp }) => nsp),
        ["/", "/news"],
      );
      assert.deepEqual(
        joins.filter(({ nsp }) => nsp === "/").map((event) => event.worker),
        [nameOf(worker), nameOf(old)],
      );
      const uids = joins
        .filter((event) => [worker.id, old.id].includes(event.worker.id))
        .map(({ uid }) => uid);
      assert.deepEqual(leaves.map(({ uid }) => uid).sort(), uids.sort());
      assert.deepEqual(eventsOf(told, "wire"), [
        { wire: "plain", previous: "fast" },
        { wire: "fast", previous: "plain" },
      ]);
    });
  });

  it("tells that a worker does not read, and that it does again", async () => {
    await start({ primaryArgs: [{ maxBacklogBytes: 1_000_000 }] });
    const [first, second] = cluster.workers;
    await second!.kill("SIGSTOP");
    const overflown = async () =>
      eventsOf(await toldBy(cluster), "overflow").length > 0;
    await waitFor(
      async () => {
        await first!.run(({ io }) => {
          for (let i = 0; i < 20; i++) {
            io.emit("n", "x".repeat(50_000));
          }
        });
        return overflown();
      },
      { message: "the backlog overflows" },
    );
    await second!.kill("SIGCONT");
    await cluster.formed();
    const told = await toldBy(cluster);
    const [overflow] = eventsOf(told, "overflow");
    assert.deepEqual(overflow?.worker, nameOf(second!));
    assert.ok((overflow?.messages ?? 0) > 0);
    assert.ok((overflow?.bytes ?? 0) > 0);
    assert.deepEqual(
      told.map(({ name }) => name).filter((name) => name !== "wire"),
      ["overflow", "nodeLeave", "resume", "nodeJoin"],
    );
  });

  it("tells how clients that come back have fared", async () => {
    await start({ serverOptions: { connectionStateRecovery: {} } });
    const [first] = cluster.workers;
    const client = await first!.connect();
    await first!.run(({ io }) => void io.emit("n"));
    await waitFor(() => received(client, "n").length);
    client.io.engine.close();
    await waitFor(() => client.disconnected);
    client.connect();
    await waitFor(() => client.connected);
    assert.equal(client.recovered, true);
    await eventually(async () => {
      assert.deepEqual(eventsOf(await toldBy(cluster), "restore"), [
        { outcome: "recovered", nsp: "/", worker: nameOf(first!) },
      ]);
    });
  });

  it("calls once, and not any more, as it is told to", async () => {
    await start();
    await cluster.primary.run(({ handle, state }) => {
      const calls: string[] = [];
      const removed = () => calls.push("removed");
      handle
        .on("nodeJoin", removed)
        .once("nodeJoin", () => calls.push("once"))
        .on("nodeJoin", () => calls.push("always"))
        .off("nodeJoin", removed);
      state.calls = calls;
    });
    await cluster.formed("/a");
    assert.deepEqual(await cluster.primary.run(({ state }) => state.calls), [
      "once",
      "always",
      "always",
    ]);
  });

  it("passes on what a listener throws, calls the others, and relays on", async () => {
    await start();
    await cluster.primary.run(({ handle, state }) => {
      handle.on("nodeJoin", () => {
        throw new Error("of a listener");
      });
      state.calls = 0;
      handle.once("nodeJoin", ({ nsp }) => {
        state.calls = (state.calls as number) + (nsp === "/a" ? 1 : 100);
      });
      process.once("uncaughtException", ({ message }: Error) => {
        state.thrown = message;
      });
    });
    await cluster.workers[0]!.run(({ io }) => void io.of("/a"));
    await eventually(async () => {
      const thrown = await cluster.primary.run(({ state }) => state.thrown);
      assert.equal(thrown, "of a listener");
    });
    assert.equal(await cluster.primary.run(({ state }) => state.calls), 1);
    const client = await cluster.workers[1]!.connect();
    await cluster.workers[0]!.run(({ io }) => void io.emit("n"));
    await waitFor(() => received(client, "n").length);
  });
});
