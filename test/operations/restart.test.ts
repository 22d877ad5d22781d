import assert from "node:assert/strict";
import type { RestartEvent, RestartOptions } from "../../dist";
import { type TestCluster, startCluster } from "../support/cluster";
import type { PrimaryContext } from "../support/remote";
import { eventually, waitFor } from "../support/wait";
import type { Kind, TestWorker, WorkerSpec } from "../support/worker";

type Options = Omit<RestartOptions, "fork">;

/** Soon enough for a test, and long enough for a busy machine. */
const QUICK: Options = { drainDuration: 0, killTimeout: 10_000 };

/** Runs in the primary: starts a restart whose new workers are of that kind, and notes what the handle says of it. */
function startRestart(
  { handle, fork, state }: PrimaryContext,
  options: Options,
  spec: WorkerSpec,
  env?: NodeJS.ProcessEnv,
): void {
  const events: RestartEvent[] = [];
  const listener = (event: RestartEvent) => events.push(event);
  handle.on("restart", listener);
  state.events = events;
  state.restart = handle
    .restart({ ...options, fork: () => fork(spec, env) })
    .then(
      () => "done",
      ({ code, message }: Error & { code: string }) => `${code}: ${message}`,
    )
    .finally(() => handle.off("restart", listener));
}

function outcomeOf(cluster: TestCluster): Promise<string> {
  return cluster.primary.run(({ state }) => state.restart as Promise<string>);
}

function eventsOf(cluster: TestCluster): Promise<RestartEvent[]> {
  return cluster.primary.run(({ state }) => state.events as RestartEvent[]);
}

const OURS: WorkerSpec = { kind: "ours" };
const FAILING: WorkerSpec = {
  ...OURS,
  adapterOptions: { heartbeatInterval: -1 },
};

function start(...workers: Kind[]): Promise<TestCluster> {
  return startCluster({ primary: "ours", workers, serialization: "advanced" });
}

describe("a rolling restart", () => {
  let cluster: TestCluster;
  afterEach(() => cluster?.stop());

  function restart(options = QUICK, spec = OURS, env?: NodeJS.ProcessEnv) {
    return cluster.primary.run(startRestart, options, spec, env ?? {});
  }

  it("replaces the workers one by one: none ends before its replacement serves", async () => {
    cluster = await start("ours", "ours", "ours");
    const old = cluster.alive;
    await restart();
    assert.equal(await outcomeOf(cluster), "done");

    // the test hears of an end once the output of the process has ended, too
    await eventually(() => assert.equal(cluster.alive.length, 3));
    const fresh = cluster.alive;
    assert.ok(old.every(({ exit }) => exit?.code === 0));
    await cluster.formed();

    const events = await eventsOf(cluster);
    const phases = ["forked", "ready", "drained", "ended"] as const;
    assert.deepEqual(
      events,
      old.flatMap((worker, index) =>
        phases.map((phase) => ({
          phase,
          worker: { id: worker.id, pid: worker.pid },
          replacement: { id: fresh[index]?.id, pid: fresh[index]?.pid },
          done: phase === "ended" ? index + 1 : index,
          total: 3,
        })),
      ),
    );
  });

  it("replaces as many at a time as it is told to", async () => {
    cluster = await start("ours", "ours", "ours");
    await restart({ ...QUICK, concurrency: 2 });
    assert.equal(await outcomeOf(cluster), "done");
    const events = await eventsOf(cluster);
    let underWay = 0;
    const counts = events.map(({ phase }) => {
      underWay += phase === "forked" ? 1 : phase === "ended" ? -1 : 0;
      return underWay;
    });
    assert.equal(Math.max(...counts), 2);
    assert.equal(underWay, 0);
    await eventually(() => assert.equal(cluster.alive.length, 3));
  });

  it("replaces all at once if it may replace more than there are", async () => {
    cluster = await start("ours", "ours");
    await restart({ ...QUICK, concurrency: Number.MAX_SAFE_INTEGER });
    assert.equal(await outcomeOf(cluster), "done");
    const phases = (await eventsOf(cluster)).map(({ phase }) => phase);
    assert.deepEqual(phases.slice(0, 2), ["forked", "forked"]);
    await eventually(() => assert.equal(cluster.alive.length, 2));
  });

  it("stops at the first worker that does not come up, and the others go on", async () => {
    cluster = await start("ours", "ours");
    const old = cluster.alive;
    await restart(QUICK, FAILING);
    assert.match(
      await outcomeOf(cluster),
      /^ERR_RESTART: .* after 0 of 2 workers: worker 3 \(pid \d+\) has ended before it was ready/,
    );
    await eventually(() => assert.deepEqual(cluster.alive, old));
    await cluster.formed();
  });

  it("keeps whoever replaces dead workers from replacing one that did not come up", async () => {
    cluster = await start("ours");
    await cluster.primary.run(({ cluster, fork, state }, spec) => {
      state.forks = 0;
      cluster.on("exit", (worker) => {
        if (!worker.exitedAfterDisconnect) {
          state.forks = (state.forks as number) + 1;
          fork(spec);
        }
      });
    }, OURS);
    const forks = () => cluster.primary.run(({ state }) => state.forks);
    await restart(QUICK, FAILING);
    assert.match(await outcomeOf(cluster), /has ended before it was ready/);
    assert.equal(await forks(), 0);

    await restart();
    assert.equal(await outcomeOf(cluster), "done");
    assert.equal(await forks(), 0);
    await eventually(() => assert.equal(cluster.alive.length, 1));
    const [replacement] = cluster.alive;
    await replacement?.kill();
    await eventually(async () => assert.equal(await forks(), 1));
    await eventually(() => assert.equal(cluster.alive.length, 1));
  });

  it("stops at the first worker that is not ready in time, and ends it", async () => {
    cluster = await start("ours", "ours");
    const old = cluster.alive;
    const isSilent = {
      NODE_OPTIONS: `--require=${__dirname}/../../test/fixtures/operations/never-ready.js`,
    };
    await restart(
      { drainDuration: 0, readyTimeout: 500, killTimeout: 300 },
      OURS,
      isSilent,
    );
    assert.match(
      await outcomeOf(cluster),
      /^ERR_RESTART: .* was not ready within 500 ms/,
    );
    await waitFor(() => cluster.workers[2]?.exit);
    assert.deepEqual(cluster.alive, old);
    await cluster.formed();
  });

  it("is one at a time; the next may follow", async () => {
    cluster = await start("ours");
    const second = await cluster.primary.run(async ({ handle, fork }) => {
      const options = { fork: () => fork({ kind: "ours" }), drainDuration: 0 };
      const first = handle.restart(options);
      const code = await handle
        .restart(options)
        .catch((error: { code: string }) => error.code);
      await first;
      await handle.restart(options);
      return code;
    });
    assert.equal(second, "ERR_RESTART");
    assert.equal(cluster.workers.length, 3);
    await eventually(() => assert.equal(cluster.alive.length, 1));
  });

  it("kills an old worker that does not end", async () => {
    cluster = await start("ours");
    const [stubborn] = cluster.workers;
    await stubborn?.run(() => {
      process.on("SIGTERM", () => {});
      setInterval(() => {}, 1_000);
    });
    await restart({ drainDuration: 0, killTimeout: 300 });
    assert.equal(await outcomeOf(cluster), "done");
    assert.equal((await stubborn?.exited)?.signal, "SIGKILL");
  });

  it("asks an old worker that does not end to do so with SIGTERM first", async () => {
    cluster = await start("ours");
    const [lingering] = cluster.workers;
    await lingering?.run(() => {
      process.on("SIGTERM", () => process.exit(7));
      setInterval(() => {}, 1_000);
    });
    await restart({ drainDuration: 0, killTimeout: 300 });
    assert.equal(await outcomeOf(cluster), "done");
    assert.equal((await lingering?.exited)?.code, 7);
  });

  it("replaces a worker that hangs", async () => {
    cluster = await start("ours", "ours");
    const [frozen] = cluster.workers;
    await frozen?.kill("SIGSTOP");
    await restart({ drainDuration: 0, killTimeout: 300 });
    assert.equal(await outcomeOf(cluster), "done");
    assert.equal((await frozen?.exited)?.signal, "SIGKILL");
    await cluster.formed();
  });

  function listen(worker: TestWorker): Promise<void> {
    return worker.run(({ require }) => {
      const { createServer } = require("node:http") as typeof import("http");
      return new Promise<void>((resolve) => {
        createServer().listen(0, resolve);
      });
    });
  }

  /** Waits until the first worker sends its clients away, and goes on listening on a port that Node.js has given it. */
  async function startDraining(): Promise<void> {
    cluster = await start("ours");
    const [old] = cluster.workers;
    await Promise.all([old!.connect(), old!.connect(), listen(old!)]);
    await restart({ drainDuration: 60_000, killTimeout: 10_000 });
    await listen((await waitFor(() => cluster.workers[1])) as TestWorker);
    await eventually(async () => {
      const phases = (await eventsOf(cluster)).map(({ phase }) => phase);
      assert.deepEqual(phases, ["forked", "ready"]);
    });
  }

  it("is no reason for cluster.disconnect() to leave a worker out", async () => {
    await startDraining();
    const [old] = cluster.workers;
    const connected = await cluster.primary.run(async ({ cluster: own }) => {
      const workers = Object.getOwnPropertyNames(own.workers).map(
        (id) => own.workers?.[id],
      );
      await new Promise<void>((resolve) => own.disconnect(resolve));
      return workers.map((worker) => worker?.isConnected());
    });
    assert.deepEqual(connected, [false, false]);
    await old?.exited;
  });

  for (const [how, end] of [
    ["killed", (worker: TestWorker) => worker.kill()],
    [
      "disconnected",
      ({ id }: TestWorker) =>
        cluster.primary.run(({ cluster: { workers } }, fresh) => {
          workers?.[fresh]?.disconnect();
        }, id),
    ],
  ] as const) {
    it(`goes on when the replacement is ${how} while the old worker sends its clients away`, async () => {
      await startDraining();
      const [old, fresh] = cluster.workers;
      await end(fresh!);
      const listed = () =>
        cluster.primary.run(({ cluster: { workers } }) =>
          Object.keys(workers ?? {}),
        );
      await eventually(async () =>
        assert.deepEqual(await listed(), [String(old?.id)]),
      );
    });
  }

  it("replaces workers of 0.3.0, which cannot be asked to send their clients away", async () => {
    cluster = await start("ours", "published");
    const [, old] = cluster.workers;
    const client = await old!.connect();
    await restart({ drainDuration: 0, killTimeout: 300 });
    assert.equal(await outcomeOf(cluster), "done");
    await waitFor(() => client.disconnected);
    await eventually(() =>
      assert.deepEqual(
        cluster.alive.map(({ kind }) => kind),
        ["ours", "ours"],
      ),
    );
    await cluster.formed();
  });

  it("does not replace a worker that has died before its turn", async () => {
    cluster = await start("ours", "ours");
    const [first, second] = cluster.workers;
    await cluster.primary.run(({ handle }, pid) => {
      handle.on("restart", ({ phase }) => {
        if (phase === "forked") {
          process.kill(pid, "SIGKILL");
        }
      });
    }, second!.pid);
    await restart();
    assert.equal(await outcomeOf(cluster), "done");
    await Promise.all([first?.exited, second?.exited]);
    assert.equal(cluster.alive.length, 1);
    const events = await eventsOf(cluster);
    assert.deepEqual(
      events.map(({ worker, done }) => [worker.id, done]),
      [
        [first?.id, 0],
        [first?.id, 0],
        [first?.id, 0],
        [first?.id, 1],
      ],
    );
  });

  it("refuses wrong options, with the key and the value", async () => {
    cluster = await start("ours");
    const messages = await cluster.primary.run(async ({ handle }) => {
      const attempts: object[] = [
        { concurrency: 0 },
        { concurency: 2 },
        { fork: "worker.js" },
        { fork: () => undefined },
      ];
      const found: string[] = [];
      for (const options of attempts) {
        await handle.restart(options).then(
          () => found.push("none"),
          ({ message }: Error) => found.push(message),
        );
      }
      return found;
    });
    assert.match(messages[0]!, /"concurrency" must be .*, got 0/);
    assert.match(messages[1]!, /unknown option "concurency" \(got 2\)/);
    assert.match(messages[2]!, /"fork" must be a function, got "worker.js"/);
    assert.match(messages[3]!, /what "fork" returns must be a worker/);
    assert.equal(cluster.alive.length, 1);
  });
});
