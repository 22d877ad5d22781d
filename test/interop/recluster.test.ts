import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { onceEvent, received } from "../support/client";
import { startCluster } from "../support/cluster";
import { eventually } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { ask, gone, pidOf, ReloadableCluster } from "./reloadable-cluster";

describe("recluster", () => {
  let cluster: ReloadableCluster;
  let oldPids: number[];
  let newPids: number[];
  let oldClients: Socket[];
  let newClients: Socket[];

  afterEach(() => cluster?.stop());

  async function reload(): Promise<void> {
    oldPids = await cluster.activePids();
    oldClients = await cluster.connectToEach(oldPids);
    await cluster.reload();
    newPids = await cluster.activePids();
    newClients = await cluster.connectToEach(newPids);
    assert.equal(new Set([...oldPids, ...newPids]).size, 4);
  }

  async function counts(client: Socket | undefined, n: number): Promise<void> {
    await eventually(async () =>
      assert.equal(await ask(client as Socket, "count"), n),
    );
  }

  it("draining workers and those that replace them reach each other's clients", async () => {
    cluster = await ReloadableCluster.withSharedPort("ours");
    await reload();
    const all = [...oldClients, ...newClients];
    for (const [i, client] of all.entries()) {
      await shoutAndHear(client, all, `news ${i}`);
      client.emit("shout to others", `others ${i}`);
      for (const other of all.filter((c) => c !== client)) {
        assert.deepEqual(await onceEvent(other, "news"), [`others ${i}`]);
      }
    }
    for (const client of all) {
      assert.equal(received(client, "news").length, 2 * all.length - 1);
    }
  });

  it("draining workers answer requests and their own are answered, until their last client leaves", async () => {
    cluster = await ReloadableCluster.withSharedPort("ours");
    await reload();
    const all = [...oldClients, ...newClients];
    const ids = all.map(({ id }) => id as string).sort();
    all.forEach((client) => {
      client.on("question", (answer: (id?: string) => void) =>
        answer(client.id),
      );
    });
    for (const client of all) {
      await counts(client, 4);
      assert.deepEqual((await ask<string[]>(client, "fetch")).sort(), ids);
      assert.deepEqual((await ask<string[]>(client, "survey")).sort(), ids);
    }

    oldClients.forEach((client) => client.disconnect());
    await Promise.all(oldPids.map(gone));
    for (const client of newClients) {
      await counts(client, 2);
    }
    await shoutAndHear(newClients[0], newClients, "after the reload");
  });

  it("draining workers receive nothing any more from the primary of 0.3.0", async () => {
    cluster = await ReloadableCluster.withSharedPort("published");
    await reload();
    await shoutAndHear(newClients[0], newClients, "from a new worker");
    // the second new worker has received it: the primary has sent it to everyone it thought of
    await cluster.echo("fence");
    for (const client of oldClients) {
      await onceEvent(client, "echo");
      assert.deepEqual(received(client, "news"), []);
    }
    await shoutAndHear(oldClients[0], newClients, "from an old worker");
    await shoutAndHear(newClients[1], newClients, "from a new worker again");
    await cluster.echo("fence 2");
    const [, ofTheOther] = oldClients as [Socket, Socket];
    await onceEvent(ofTheOther, "echo");
    assert.deepEqual(received(ofTheOther, "news"), []);
  });

  it("the documented example reloads: clients of old workers come back on new ones", async () => {
    cluster = await ReloadableCluster.behindSticky("ours");
    oldPids = await cluster.activePids();
    const clients = await cluster.connectToEach(oldPids, {
      reconnection: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 50,
    });
    await shoutAndHear(clients[0], clients, "before");
    const back = clients.map(
      (client) =>
        new Promise<void>((resolve) => client.once("connect", resolve)),
    );
    await cluster.reload();
    await Promise.all([...back, ...oldPids.map(gone)]);
    newPids = await cluster.activePids();
    for (const client of clients) {
      assert.ok(newPids.includes(await pidOf(client)));
    }
    newClients = await cluster.connectToEach(newPids);
    for (const [i, from] of newClients.entries()) {
      await shoutAndHear(from, [...clients, ...newClients], `after ${i}`);
    }
  });
});

describe("worker.disconnect() in the primary", () => {
  let cluster: ReloadableCluster;
  afterEach(() => cluster?.stop());

  it("leaves the worker in the cluster until its last client leaves", async () => {
    cluster = await ReloadableCluster.withSharedPort("ours");
    const pids = await cluster.activePids();
    const [leaving, staying] = (await cluster.connectToEach(pids)) as [
      Socket,
      Socket,
    ];
    const [pid] = pids as [number, number];
    await cluster.disconnect(pid);
    assert.equal((await cluster.activePids()).includes(pid), false);

    staying.emit("shout", "to the draining worker");
    leaving.emit("shout", "from the draining worker");
    for (const client of [leaving, staying]) {
      const news = [
        await onceEvent(client, "news"),
        await onceEvent(client, "news"),
      ];
      assert.deepEqual(news.flat().sort(), [
        "from the draining worker",
        "to the draining worker",
      ]);
    }
    const ids = [leaving.id, staying.id].sort();
    assert.deepEqual((await ask<string[]>(leaving, "fetch")).sort(), ids);
    assert.deepEqual((await ask<string[]>(staying, "fetch")).sort(), ids);

    leaving.disconnect();
    await gone(pid);
    await eventually(async () =>
      assert.deepEqual(await ask(staying, "fetch"), [staying.id]),
    );
  });

  it("cuts off a worker that shares no port at once, and its own clients do not notice", async () => {
    const exclusive = await startCluster({
      primary: "ours",
      workers: ["ours", "ours"],
      serialization: "advanced",
    });
    try {
      const [first, second] = exclusive.workers as [TestWorker, TestWorker];
      await first.run(({ io }) => {
        io.on("connection", (socket) => {
          socket.on("shout", (text) => io.emit("news", text));
          socket.on("fetch", async (answer) => {
            answer((await io.fetchSockets()).map(({ id }) => id));
          });
        });
      });
      const own = await first.connect();
      const other = await second.connect();
      await exclusive.primary.run(
        ({ cluster: { workers } }, id) => workers?.[id]?.disconnect(),
        first.id,
      );
      await eventually(async () =>
        assert.equal(
          await second.run(({ io }) => io.of("/").adapter.serverCount()),
          1,
        ),
      );
      await second.run(({ io }) => void io.emit("news", "of the others"));
      assert.deepEqual(await onceEvent(other, "news"), ["of the others"]);
      await shoutAndHear(own, [own], "of its own");
      assert.deepEqual(await ask(own, "fetch"), [own.id]);
      assert.equal(received(own, "news").length, 1);
      assert.equal(first.exit, undefined);
    } finally {
      await exclusive.stop();
    }
  });
});

async function shoutAndHear(
  from: Socket | undefined,
  hearers: Socket[],
  text: string,
): Promise<void> {
  from?.emit("shout", text);
  for (const client of hearers) {
    assert.deepEqual(await onceEvent(client, "news"), [text]);
  }
}
