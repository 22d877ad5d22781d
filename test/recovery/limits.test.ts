import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import type { RestoreOutcome } from "../../dist/recovery/restore-outcome";
import type { TestCluster } from "../support/cluster";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { startRecovering, type RecoverySettings } from "./recovery-cluster";
import { returnTo } from "./returning";

describe("recovery at its limits", () => {
  let cluster: TestCluster;
  let workers: [TestWorker, TestWorker];

  async function start(settings: RecoverySettings): Promise<void> {
    cluster = await startRecovering(2, settings);
    workers = cluster.workers as typeof workers;
  }
  afterEach(() => cluster?.stop());

  function emit(worker: TestWorker, count: number, size = 1): Promise<void> {
    return worker.run(
      ({ io }, n, length) => {
        for (let i = 0; i < n; i++) {
          io.emit("missed", i, "x".repeat(length));
        }
      },
      count,
      size,
    );
  }

  async function outcomes(): Promise<Partial<Record<RestoreOutcome, number>>> {
    const { recovery } = await cluster.primary.run(({ handle }) =>
      handle.stats(),
    );
    return Object.fromEntries(
      Object.entries(recovery.restores).filter(([, count]) => count > 0),
    );
  }

  /** Resolves when so many sessions have no connection. */
  async function hasDetached(count: number): Promise<void> {
    await waitFor(
      async () =>
        (await cluster.primary.run(
          ({ handle }) => handle.stats().recovery.sessions.detached,
        )) === count,
    );
  }

  /** It has all of what it missed, or nothing. */
  async function missedBy(client: Socket): Promise<number> {
    await fence(client, workers);
    const missed = eventsOf(client).map(([, i]) => i);
    assert.deepEqual(
      missed,
      Array.from({ length: missed.length }, (_, i) => i),
    );
    return missed.length;
  }

  it("a client that missed more packets than the log may have is not recovered, and has no part of them", async () => {
    await start({ primaryArgs: [{ maxLogEntries: 20 }] });
    const [first, second] = workers;
    const lucky = await arrive(first);
    await lose(lucky);
    await emit(second, 20);
    await returnTo(lucky, second);
    assert.equal(lucky.recovered, true);
    assert.equal(await missedBy(lucky), 20);

    const late = await arrive(first);
    await lose(late);
    await emit(second, 21);
    await returnTo(late, second);
    assert.equal(late.recovered, false);
    assert.equal(await missedBy(late), 0);
    assert.deepEqual(await outcomes(), { recovered: 1, gap: 1 });
    assert.equal(cluster.primary.warnings.length, 1);
    assert.match(
      cluster.primary.warnings[0]?.message ?? "",
      /the log of packets has reached a limit .* maxLogEntries: 20/,
    );
  });

  it("a client that missed more bytes than the log may have is not recovered, and has no part of them", async () => {
    await start({ primaryArgs: [{ maxLogBytes: 100_000 }] });
    const [first, second] = workers;
    const client = await arrive(first);
    await lose(client);
    await emit(second, 20, 10_000);
    await returnTo(client, second);
    assert.equal(client.recovered, false);
    assert.equal(await missedBy(client), 0);
    assert.deepEqual(await outcomes(), { gap: 1 });
    const { log } = (await cluster.primary.run(({ handle }) => handle.stats()))
      .recovery;
    assert.ok(log.bytes <= 100_000);
  });

  it("clients that missed far more than may wait for their worker are recovered all at once", async () => {
    await start({ primaryArgs: [{ maxBacklogBytes: 100_000 }] });
    const [first, second] = workers;
    const clients = await Promise.all(
      Array.from({ length: 40 }, () => arrive(first)),
    );
    await Promise.all(clients.map((client) => lose(client)));
    await hasDetached(clients.length);
    await emit(second, 8, 100_000);
    await Promise.all(clients.map((client) => returnTo(client, second)));
    for (const client of clients) {
      assert.equal(client.recovered, true);
      assert.equal(await missedBy(client), 8);
    }
    assert.deepEqual(await outcomes(), { recovered: clients.length });
    assert.deepEqual(cluster.primary.warnings, []);
  });

  it("beyond a number of sessions, the ones that were lost first are forgotten, and open ones are not", async () => {
    await start({ primaryArgs: [{ maxSessions: 3 }] });
    const [first, second] = workers;
    const gone = await arrive(first);
    const open = await arrive(first);
    const later = await arrive(first);
    await lose(gone);
    await hasDetached(1);
    await lose(later);
    await hasDetached(2);
    await arrive(second);
    await lose(open);
    for (const [client, isRecovered] of [
      [later, true],
      [open, true],
      // takes the place of a session that is lost
      [gone, false],
    ] as const) {
      await returnTo(client, second);
      assert.equal(client.recovered, isRecovered);
      assert.equal(await missedBy(client), 0);
      client.disconnect();
    }
    assert.equal(cluster.primary.warnings.length, 1);
    assert.match(
      cluster.primary.warnings[0]?.message ?? "",
      /there are more than 3 sessions/,
    );
  });

  it("a client that was away for longer than maxDisconnectionDuration is not recovered", async () => {
    const maxDisconnectionDuration = 100;
    await start({
      serverOptions: { connectionStateRecovery: { maxDisconnectionDuration } },
    });
    const [first, second] = workers;
    const client = await arrive(first);
    await lose(client);
    await emit(second, 1);
    await waitFor(
      async () => {
        const { open, detached } = await cluster.primary.run(
          ({ handle }) => handle.stats().recovery.sessions,
        );
        return open + detached === 0;
      },
      { message: "its session is forgotten" },
    );
    await returnTo(client, second);
    assert.equal(client.recovered, false);
    assert.equal(await missedBy(client), 0);
  });
});
