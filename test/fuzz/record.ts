/**
 * `node build/fuzz/record.js`: starts a cluster for each wire and each serialization, does everything that workers can ask
 * of each other, and writes what they have said into test/fuzz/corpus.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { startCluster, type TestCluster } from "../support/cluster";
import { waitFor } from "../support/wait";
import type { Kind, TestWorker } from "../support/worker";
import { FOLDER, pack, unpack } from "./corpus";

const WIRES: Record<string, { second: Kind; recovers: boolean }> = {
  plain: { second: "published", recovers: false },
  fast: { second: "ours", recovers: false },
  ordered: { second: "ours", recovers: true },
};

async function record(
  name: string,
  serialization: "json" | "advanced",
): Promise<void> {
  const { second, recovers } = WIRES[name]!;
  const cluster = await startCluster({
    primary: "ours",
    workers: [],
    serialization,
    serverOptions: recovers ? { connectionStateRecovery: {} } : {},
  });
  try {
    await listen(cluster);
    await cluster.fork("ours");
    await cluster.fork(second);
    await cluster.formed();
    await talk(cluster.workers as [TestWorker, TestWorker], recovers);
    await cluster.primary.run(async ({ Emitter }) => {
      const emitter = new Emitter();
      emitter.to("r").emit("of the primary", Buffer.from("x"));
      emitter.serverSideEmit("question", 1);
      await emitter.fetchSockets();
      await emitter.countSockets();
      await emitter.allRooms();
    });
    await cluster.workers[1]!.kill();
    await waitFor(() => cluster.alive.length === 1);
    const text = await cluster.primary.run(({ require, state }) => {
      const v8 = require("node:v8") as typeof import("node:v8");
      return v8.serialize(state.log).toString("base64");
    });
    const log = (await import("node:v8")).deserialize(
      Buffer.from(text, "base64"),
    ) as unknown[];
    const bytes = pack(log);
    writeFileSync(resolve(FOLDER, `${name}-${serialization}.bin`), bytes);
    console.log(
      `${name} ${serialization}: ${(unpack(bytes) as unknown[]).length} messages, ${bytes.length} bytes`,
    );
  } finally {
    await cluster.stop();
  }
}

/** The primary writes down what passes. */
function listen({ primary }: TestCluster): Promise<void> {
  return primary.run(({ cluster, require, state }) => {
    // what is fuzzed begins the same order
    const offsets = require("../../dist/wire/offsets") as {
      newEpoch: () => string;
    };
    offsets.newEpoch = () => "epoch1";
    const { Worker } = require("node:cluster") as {
      Worker: { prototype: { send: (...args: unknown[]) => boolean } };
    };
    const v8 = require("node:v8") as typeof import("node:v8");
    const log: unknown[] = [];
    state.log = log;
    const add = (direction: object, message: unknown) => {
      if ((message as { source?: unknown })?.source === "_sio_adapter") {
        // the relay writes into what it gets
        const copy = v8.deserialize(v8.serialize(message)) as object;
        log.push({ ...direction, message: copy });
      }
    };
    cluster.prependListener("message", (worker, message) =>
      add({ from: worker.id }, message),
    );
    const { send } = Worker.prototype;
    Worker.prototype.send = function (this: { id: number }, ...args) {
      add({ to: this.id }, args[0]);
      return send.apply(this, args);
    };
  });
}

async function talk(
  [first, second]: [TestWorker, TestWorker],
  recovers: boolean,
): Promise<void> {
  for (const worker of [first, second]) {
    await worker.run(({ io }) => {
      io.on("connection", (socket) => {
        void socket.join(["r", `own ${socket.id}`]);
        socket.data = { name: "x", bytes: Buffer.from("data") };
      });
      io.on("question", (value: unknown, answer?: (value: unknown) => void) =>
        answer?.([value, Buffer.from("answer")]),
      );
      io.of("/other");
    });
  }
  const client = await first.connect();
  const other = await second.connect();
  const more = [await second.connect(), await second.connect()];
  for (const one of [client, other, ...more]) {
    one.on("ask", (answer: (value: unknown) => void) => answer("yes"));
  }
  for (const worker of [first, second]) {
    await worker.run(async ({ io }) => {
      io.emit("event", 1, { two: [null, true] });
      io.to("r").except("nobody").volatile.emit("binary", Buffer.from("bin"));
      io.local.emit("local");
      io.socketsJoin("late");
      io.to("late").compress(false).emit("late", "é\u{1f600}");
      io.in("late").socketsLeave("late");
      io.serverSideEmit("question", new Date(0));
      await io.serverSideEmitWithAck("question", { deep: { er: [true] } });
      await io.timeout(5_000).emitWithAck("ask");
      await io.fetchSockets();
      io.of("/other").emit("elsewhere");
      io.in("nobody").disconnectSockets(true);
    });
  }
  if (recovers) {
    client.io.engine.close();
    await waitFor(() => !client.connected);
    await second.run(({ io }) => void io.emit("missed", 1));
    Object.assign(client.io, { uri: second.url });
    client.connect();
    await waitFor(() => client.connected);
    // over to the other worker, which does not know that the connection is lost
    await first.run(({ io }) => void io.emit("missed", 2));
    other.disconnect();
    await waitFor(() => !other.connected);
    await second.run(({ io }) => io.in("r").socketsLeave("r"));
  }
  // with nothing that JSON cannot say, they are so many that they are packed
  await second.run(({ io }) => {
    io.of("/").sockets.forEach((socket) => (socket.data = { name: "y" }));
  });
  await first.run(async ({ io }) => void (await io.fetchSockets()));
}

async function main(): Promise<void> {
  for (const name of Object.keys(WIRES)) {
    for (const serialization of ["json", "advanced"] as const) {
      await record(name, serialization);
    }
  }
}

void main();
