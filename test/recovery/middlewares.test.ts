import assert from "node:assert/strict";
import { connectClient, onceEvent } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { Random } from "../support/random";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { seed } from "./seed";
import { isOrdered, startRecovering } from "./recovery-cluster";
import { returnTo, ticketOf } from "./returning";
import { LONG } from "./returning";
import { Traffic } from "./traffic";

type Workers = [TestWorker, TestWorker, TestWorker];

/** Resolves when a middleware holds a client, or several. */
async function isHeld(worker: TestWorker, count = 1): Promise<void> {
  await waitFor(
    async () =>
      (await worker.run(
        ({ state }) => (state.held as unknown[] | undefined)?.length,
      )) === count,
    { message: "a middleware is asked" },
  );
}

/** Lets those pass that are held. */
function release(worker: TestWorker, error?: string): Promise<void> {
  return worker.run(({ state }, message) => {
    const held = state.held as ((error?: Error) => void)[];
    held
      .splice(0)
      .forEach((next) => next(message ? new Error(message) : undefined));
  }, error);
}

/** A cluster of which the second worker has a middleware that holds everyone. */
async function startHolding(skipMiddlewares: boolean): Promise<TestCluster> {
  const cluster = await startRecovering(3, {
    serverOptions: { connectionStateRecovery: { skipMiddlewares } },
  });
  await cluster.workers[1]?.run(({ io, state }) => {
    const held: (() => void)[] = (state.held = []) as never;
    io.use((_, next) => void held.push(next));
  });
  return cluster;
}

describe("middlewares, if skipMiddlewares is true,", () => {
  it("are left out for a client that is recovered, and for nobody else", async () => {
    const cluster = await startHolding(true);
    try {
      const [first, second] = cluster.workers as Workers;
      const client = await arrive(first);
      await lose(client);
      await first.run(({ io }) => void io.emit("missed"));
      await returnTo(client, second);
      assert.equal(client.recovered, true);
      await fence(client, cluster.workers);
      assert.deepEqual(eventsOf(client), [["missed"]]);

      const stranger = connectClient(second.url);
      await isHeld(second);
      await release(second);
      const { recovered } = (await stranger).disconnect();
      assert.equal(recovered, false);
    } finally {
      await cluster.stop();
    }
  });
});

describe("middlewares that take their time", function () {
  this.timeout(4 * LONG);
  let cluster: TestCluster;
  let workers: Workers;
  let traffic: Traffic | undefined;

  before(async () => {
    cluster = await startHolding(false);
    workers = [...cluster.workers] as Workers;
  });
  afterEach(() => {
    workers.forEach((worker) => worker.closeClients());
    traffic?.close();
    traffic = undefined;
  });
  after(() => cluster?.stop());

  it("are asked, and what arrives meanwhile is not lost", async () => {
    const [first, second, third] = workers;
    const client = await arrive(first, { rooms: ["red"] });
    const { id } = client;
    await lose(client);
    await first.run(({ io }) => void io.emit("missed", 1));
    const returning = returnTo(client, second);
    await isHeld(second);
    await third.run(({ io }) => {
      io.to("red").emit("held", 2, Buffer.from("x"));
      io.to("blue").emit("not for it");
      io.except("red").emit("not for it");
    });
    await second.run(({ io }, own) => {
      io.to(own as string).emit("held", 3);
      io.volatile.emit("volatile");
    }, id);
    await release(second);
    await returning;
    assert.equal(client.recovered, true);
    await third.run(({ io }) => void io.to("red").emit("later", 4));
    await fence(client, workers);
    assert.deepEqual(eventsOf(client), [
      ["missed", 1],
      ["held", 2, Buffer.from("x")],
      ["held", 3],
      ["later", 4],
    ]);
  });

  it("that refuse a client leave it its session", async () => {
    const [first, second, third] = workers;
    const client = await arrive(first);
    const { id } = client;
    await lose(client);
    await first.run(({ io }) => void io.emit("missed", 1));
    const refused = assert.rejects(returnTo(client, second), /not today/);
    await isHeld(second);
    await first.run(({ io }) => void io.emit("missed", 2));
    await release(second, "not today");
    await refused;
    // it is over when nobody comes for it
    await waitFor(
      async () =>
        (await cluster.primary.run(
          ({ handle }) => handle.stats().recovery.sessions.detached,
        )) === 1,
    );
    await first.run(({ io }) => void io.emit("missed", 3));
    await returnTo(client, third);
    assert.equal(client.recovered, true);
    assert.equal(client.id, id);
    await fence(client, workers);
    assert.deepEqual(eventsOf(client), [
      ["missed", 1],
      ["missed", 2],
      ["missed", 3],
    ]);
  });

  it("that take longer than a client waits leave it its session", async () => {
    const [first, second, third] = workers;
    const client = await arrive(first);
    await lose(client);
    const given = assert.rejects(returnTo(client, second));
    await isHeld(second);
    await first.run(({ io }) => void io.emit("missed", 1));
    client.io.engine.close();
    await given;
    await first.run(({ io }) => void io.emit("missed", 2));
    await returnTo(client, third);
    assert.equal(client.recovered, true);
    // nobody is there any more
    await release(second);
    await fence(client, workers);
    assert.deepEqual(eventsOf(client), [
      ["missed", 1],
      ["missed", 2],
    ]);
    const isThere = await second.run(
      ({ io }, id) => io.of("/").sockets.has(id as string),
      client.id,
    );
    assert.equal(isThere, false);
  });

  it("do not mistake a connection that a client has given up for the one on which it has returned", async () => {
    const [first, second] = workers;
    const client = await arrive(first);
    await lose(client);
    await first.run(({ io }) => void io.emit("missed"));
    const ticket = ticketOf(client);
    // the worker does not know that its client is not there any more
    const givenUp = second.connect("/", { ticket });
    await isHeld(second);
    const returning = second.connect("/", { ticket });
    await isHeld(second, 2);
    await release(second);
    await onceEvent(await givenUp, "disconnect");
    const returned = await returning;
    assert.ok(!returned.recovered);
    assert.notEqual(returned.id, (await givenUp).id);
    await fence(returned, workers);
  });

  it("make a client return once more, as a new one, if the order ends meanwhile", async () => {
    const [first, second] = workers;
    const client = await arrive(first);
    await lose(client);
    const returning = returnTo(client, second);
    await isHeld(second);
    const old = await cluster.fork("published");
    await cluster.formed();
    await first.run(({ io }) => void io.emit("not recoverable"));
    await release(second);
    await returning;
    await waitFor(() => !client.connected);
    assert.deepEqual(eventsOf(client), []);
    await returnTo(client, first);
    assert.ok(!client.recovered);
    await old.kill();
    await old.exited;
    await isOrdered(cluster);
  });

  it("make a client return once more if more than 1 MiB arrives meanwhile", async () => {
    const [first, second, third] = workers;
    const client = await arrive(first);
    await lose(client);
    const returning = returnTo(client, second);
    await isHeld(second);
    await first.run(({ io }) => {
      for (let i = 0; i < 12; i++) {
        io.emit("large", i, "x".repeat(100_000));
      }
    });
    // all of them have arrived where it waits
    const witness = await arrive(third);
    await fence(witness, workers);
    await release(second);
    await returning;
    await waitFor(() => !client.connected);
    assert.deepEqual(eventsOf(client), []);
    await returnTo(client, third);
    assert.equal(client.recovered, true);
    await fence(client, workers);
    assert.deepEqual(
      eventsOf(client).map(([, i]) => i),
      Array.from({ length: 12 }, (_, i) => i),
    );
  });

  it(`lose nothing of the traffic of three workers, however often clients return (seed ${seed})`, async () => {
    const random = new Random(seed);
    traffic = new Traffic({ rooms: ["red", "green"] });
    const [first, second, third] = workers;
    const roamers = [
      await traffic.connect(first, ["red"]),
      await traffic.connect(third, ["green"]),
      await traffic.connect(third, ["red", "green"]),
    ];
    await traffic.publish(first, 200);
    await traffic.publish(third, 200);
    const publishing = traffic.publish(second, 200);
    await isHeld(second);
    await release(second);
    await publishing;
    const [witness] = roamers;
    for (let i = 0; i < 12; i++) {
      const roamer = roamers[1 + (i % 2)]!;
      await roamer.receives(random.below(10));
      await roamer.lose();
      const returning = roamer.returnTo(second);
      await isHeld(second);
      await witness!.receives(random.below(30));
      await release(second);
      await returning;
    }
    await traffic.settle();
    roamers.forEach(({ strangerCount }) => assert.equal(strangerCount, 0));
  });

  it("may change the rooms of a client that returns", async () => {
    const [first, second, third] = workers;
    const client = await arrive(first, { rooms: ["red"] });
    await second.run(({ io, state }) => {
      io.use((socket, next) => {
        io.to("red").emit("red before it leaves");
        void socket.leave("red");
        io.to("red").emit("red when it has left");
        io.to("blue").emit("blue before it joins");
        void socket.join("blue");
        io.to("blue").emit("blue when it has joined");
        next();
      });
      io.use((_, next) => void (state.held as unknown[]).push(next));
    });
    await lose(client);
    const returning = returnTo(client, second);
    await isHeld(second);
    await first.run(({ io }) => {
      io.to("red").emit("red");
      io.to("blue").emit("not blue yet");
    });
    const witness = await arrive(third);
    await fence(witness, workers);
    await release(second);
    await isHeld(second);
    // what was sent before the change comes back while it waits
    await fence(witness, workers);
    await release(second);
    await returning;
    await fence(client, workers);
    await lose(client);
    await first.run(({ io }) => {
      io.to("red").emit("not red any more");
      io.to("blue").emit("blue");
    });
    await returnTo(client, third);
    assert.equal(client.recovered, true);
    await fence(client, workers);
    assert.deepEqual(
      eventsOf(client).map(([name]) => name),
      ["red", "red before it leaves", "blue when it has joined", "blue"],
    );
    const rooms = await third.run(
      ({ io }, id) => [...(io.of("/").sockets.get(id as string)?.rooms ?? [])],
      client.id,
    );
    assert.deepEqual(rooms.sort(), [client.id, "blue"].sort());
  });
});
