import assert from "node:assert/strict";
import { get } from "node:http";
import { type Socket, io as createClient } from "socket.io-client";
import { openPort } from "../interop/sticky-front";
import { type TestCluster, startCluster } from "../support/cluster";
import type { PrimaryContext, WorkerContext } from "../support/remote";
import { waitFor } from "../support/wait";
import type { WorkerSpec } from "../support/worker";

const CLIENTS = 500;
// in ms
const TICK = 50;
// clients that come back spread over as much, so that 500 of them are no stampede for the two cores of a small machine
const RECONNECTION = { reconnectionDelay: 200, reconnectionDelayMax: 1_000 };

const SPEC: WorkerSpec = {
  kind: "ours",
  isSticky: true,
  serverOptions: { connectionStateRecovery: {} },
};

/** A worker or the primary sends numbered events until it ends or is told to stop. */
function startTicking(
  { io, state }: WorkerContext,
  publisher: number,
  ms: number,
): void {
  let number = 0;
  const tick = () => void io.emit("tick", publisher, number++);
  tick();
  state.ticking = setInterval(tick, ms);
  // the process is to end by itself
  (state.ticking as NodeJS.Timeout).unref();
}

function stopTicking({ state }: WorkerContext): void {
  clearInterval(state.ticking as NodeJS.Timeout);
}

function startTickingInPrimary(
  { Emitter, state }: PrimaryContext,
  ms: number,
): void {
  const emitter = new Emitter();
  state.ticks = 0;
  state.ticking = setInterval(() => {
    emitter.emit("tick", "primary", state.ticks);
    state.ticks = (state.ticks as number) + 1;
  }, ms);
}

/** What a client has received, and how it came back. */
class Witness {
  readonly ticks: string[] = [];
  readonly socket: Socket;
  isFinished = false;
  returns = 0;
  failures = 0;

  constructor(url: string) {
    this.socket = createClient(url, {
      transports: ["websocket"],
      forceNew: true,
      ...RECONNECTION,
    });
    this.socket.on("tick", (publisher: unknown, number: number) => {
      this.ticks.push(`${String(publisher)}/${number}`);
    });
    this.socket.on("finish", () => (this.isFinished = true));
  }

  /** From here on, each connection has to be a recovered one. */
  watch(): void {
    this.socket.on("connect", () => {
      this.returns++;
      this.failures += this.socket.recovered ? 0 : 1;
    });
  }
}

describe("a rolling restart under traffic", () => {
  let cluster: TestCluster;
  let witnesses: Witness[] = [];
  afterEach(async () => {
    witnesses.forEach(({ socket }) => socket.disconnect());
    witnesses = [];
    await cluster?.stop();
  });

  it(`${CLIENTS} clients of four workers miss nothing, get nothing twice, and see one order`, async function () {
    this.timeout(120_000);
    cluster = await startCluster({
      primary: "ours",
      workers: [SPEC, SPEC, SPEC, SPEC],
      serialization: "advanced",
    });
    const old = cluster.alive;
    const port = await cluster.primary.run(openPort, "least-connection");
    witnesses = Array.from(
      { length: CLIENTS },
      () => new Witness(`http://127.0.0.1:${port}`),
    );
    await waitFor(() => witnesses.every(({ socket }) => socket.connected), {
      deadline: 60_000,
      message: "all clients connect",
    });
    // the first offset is what a client needs to be recovered
    await cluster.primary.run(({ Emitter }) => {
      new Emitter().emit("tick", "first", 0);
    });
    await waitFor(() => witnesses.every(({ ticks }) => ticks.length > 0), {
      deadline: 60_000,
      message: "all clients have an offset",
    });
    witnesses.forEach((witness) => witness.watch());

    await cluster.primary.run(startTickingInPrimary, TICK);
    const publishing = new Set(old);
    await Promise.all(
      old.map((worker) => worker.run(startTicking, worker.id, 2 * TICK)),
    );
    let isOver = false;
    const restarted = cluster.primary
      .run(
        ({ handle, fork }, spec) =>
          handle.restart({
            drainDuration: 1_000,
            killTimeout: 30_000,
            fork: () => fork(spec),
          }),
        SPEC,
      )
      .finally(() => (isOver = true));
    // new workers publish, too
    await waitFor(
      async () => {
        const fresh = cluster.alive.filter(
          (worker) => worker.port && !publishing.has(worker),
        );
        for (const worker of fresh) {
          publishing.add(worker);
          await worker.run(startTicking, worker.id, 2 * TICK);
        }
        return isOver;
      },
      { deadline: 60_000 },
    );
    await restarted;
    await Promise.all(cluster.alive.map((worker) => worker.run(stopTicking)));
    const sent = await cluster.primary.run(async ({ Emitter, state }) => {
      clearInterval(state.ticking as NodeJS.Timeout);
      // what the workers have sent is in the primary once they have answered
      await new Emitter("/", { requestsTimeout: 60_000 }).countSockets();
      new Emitter().emit("finish");
      return state.ticks as number;
    });
    await waitFor(() => witnesses.every(({ isFinished }) => isFinished), {
      deadline: 60_000,
      message: "all clients get the last event",
    });

    assert.ok(old.every(({ exit }) => exit?.code === 0));
    const [{ ticks: reference }] = witnesses as [Witness];
    const byPublisher = new Map<string, number>();
    for (const tick of reference) {
      const [publisher, number] = tick.split("/") as [string, string];
      assert.equal(Number(number), byPublisher.get(publisher) ?? 0, tick);
      byPublisher.set(publisher, Number(number) + 1);
    }
    assert.equal(byPublisher.get("primary"), sent);
    assert.equal(byPublisher.size, publishing.size + 2);
    for (const { ticks } of witnesses) {
      assert.deepEqual(ticks, reference);
    }
    const returns = witnesses.reduce((sum, one) => sum + one.returns, 0);
    assert.ok(returns >= CLIENTS, `${returns} clients came back`);
    assert.deepEqual(
      witnesses.filter(({ failures }) => failures > 0),
      [],
    );
  });

  it("no connection to a port that the workers share is refused", async () => {
    const spec: WorkerSpec = { kind: "ours", sharesPort: true };
    cluster = await startCluster({
      primary: "ours",
      workers: [spec, spec],
      serialization: "advanced",
    });
    const { url } = cluster.workers[0]!;
    let isOver = false;
    const restarted = cluster.primary
      .run(
        ({ handle, fork }, options) =>
          handle.restart({ drainDuration: 200, fork: () => fork(options) }),
        spec,
      )
      .finally(() => (isOver = true));
    let requests = 0;
    while (!isOver) {
      await requestOnce(`${url}/socket.io/?EIO=4&transport=polling`);
      requests++;
    }
    await restarted;
    assert.ok(requests > 0);
    assert.equal(cluster.alive.length, 2);
    assert.ok(cluster.alive.every((worker) => worker.url === url));
  });
});

/** Resolves with the status, over a connection of its own; rejects if it is refused or reset. */
function requestOnce(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode));
    }).once("error", reject);
  });
}
