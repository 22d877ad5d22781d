import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import type { TestCluster } from "../support/cluster";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { startRecovering } from "./recovery-cluster";
import { freeze, LONG, returnTo, ticketOf } from "./returning";

// how long clients may be away: the log keeps packets for that time, the time that it may take to notice a lost
// connection, and 5 s for late timers
const connectionStateRecovery = { maxDisconnectionDuration: 3_000 };

/** The packets that the log has, and the sessions without a connection. */
function countsOf(
  cluster: TestCluster,
): Promise<{ packets: number; detached: number }> {
  return cluster.primary.run(({ handle }) => {
    const { log, sessions } = handle.stats().recovery;
    return { packets: log.packets, detached: sessions.detached };
  });
}

function namesOf(client: Socket): unknown[] {
  return eventsOf(client).map(([name]) => name);
}

/** Clients are connected, and get nothing, until all that they have got is too old for the log. */
async function beSilent(cluster: TestCluster): Promise<void> {
  const [first, second] = cluster.workers as [TestWorker, TestWorker];
  // it is known by now how long connections may be dead: nobody is to be taken for dead on a busy machine
  for (const worker of cluster.workers) {
    await worker.run(({ io }) => {
      const { opts } = io.engine as unknown as {
        opts: { pingTimeout: number };
      };
      opts.pingTimeout = 60_000;
    });
  }
  const silent = await arrive(first, { rooms: ["silent"] });
  const late = await arrive(first, { rooms: ["silent"] });
  await second.run(({ io }) => void io.to("silent").emit("seen"));
  await fence(silent, [second]);
  await lose(late);
  await second.run(({ io }) => void io.to("silent").emit("late for one"));
  await returnTo(late, second);
  await fence(silent, [second]);
  await fence(late, [second]);
  // from now on, there is nothing for them
  await second.run(({ io }) => {
    for (let i = 0; i < 100; i++) {
      io.to("others").emit("other", i);
    }
  });
  await waitFor(async () => (await countsOf(cluster)).packets === 0, {
    deadline: LONG,
    message: "all packets are too old",
  });
  await Promise.all([lose(silent), lose(late)]);
  await second.run(({ io }) => void io.to("silent").emit("missed"));
  for (const client of [silent, late]) {
    await returnTo(client, second);
    assert.equal(client.recovered, true);
    await fence(client, [second]);
    assert.deepEqual(namesOf(client), ["seen", "late for one", "missed"]);
  }
}

/** A connection is dead for longer than clients may be away, before anybody notices. */
async function beDead(cluster: TestCluster): Promise<void> {
  const [first, second] = cluster.workers as [TestWorker, TestWorker];
  const dead = await arrive(first);
  const end = freeze(dead);
  const ticket = ticketOf(dead);
  await second.run(({ io }) => void io.emit("missed"));
  await waitFor(async () => (await countsOf(cluster)).detached === 1, {
    deadline: LONG,
    message: "the server notices that the connection is dead",
  });
  const returned = await second.connect("/", { ticket });
  end();
  assert.equal(returned.recovered, true);
  await fence(returned, [second]);
  assert.deepEqual(namesOf(returned), ["missed"]);
}

async function play(
  serverOptions: object,
  scenario: (cluster: TestCluster) => Promise<void>,
): Promise<void> {
  const cluster = await startRecovering(2, {
    serverOptions: { connectionStateRecovery, ...serverOptions },
  });
  try {
    await scenario(cluster);
  } finally {
    await cluster.stop();
  }
}

describe("connections that are silent", function () {
  this.timeout(4 * LONG);
  let silence: Promise<void>;
  let death: Promise<void>;

  // at the same time, as both do nothing but wait
  before(async () => {
    silence = play({ pingInterval: 100, pingTimeout: 100 }, beSilent);
    death = play({ pingInterval: 3_000, pingTimeout: 3_000 }, beDead);
    await Promise.allSettled([silence, death]);
  });

  it("for longer than the log keeps packets are recovered, with all that they missed and nothing else", () =>
    silence);

  it("because they are dead, for longer than clients may be away, are recovered with all that was written into them", () =>
    death);
});
