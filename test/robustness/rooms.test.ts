import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { onceEvent, received } from "../support/client";
import type { TestCluster } from "../support/cluster";
import type { WorkerContext } from "../support/remote";
import { serializations, startSubject, workersOf } from "./subject";
import { speaks } from "./wires";

const names = ["a symbol", "a function", "an object"] as const;
type Name = (typeof names)[number];

/** The clients of the worker join a room that is known in that process only. */
function joinRoom({ io, state }: WorkerContext, name: Name): void {
  const rooms = { "a symbol": Symbol("s"), "a function": () => {} };
  state.room = (rooms as Record<string, unknown>)[name] ?? { an: "object" };
  for (const socket of io.of("/").sockets.values()) {
    void socket.join(state.room as string);
  }
}

/** Has the worker do all that can be done with a room, and tells how each has ended: "done" or a code. */
async function use({ io, state }: WorkerContext) {
  const room = state.room as string;
  const codeOf = (error: unknown) => (error as { code: string }).code;
  const attempt = (operation: () => unknown) => {
    try {
      operation();
      return "done";
    } catch (error) {
      return codeOf(error);
    }
  };
  const succeed = () => "done";
  return {
    emit: attempt(() => io.to(room).emit("to the room")),
    except: attempt(() => io.except(room).emit("to the others")),
    emitWithAck: await io
      .timeout(5_000)
      .to(room)
      .emitWithAck("question")
      .then(succeed, codeOf),
    socketsJoin: attempt(() => io.in(room).socketsJoin("another room")),
    socketsLeave: attempt(() => io.in(room).socketsLeave("another room")),
    fetchSockets: await io
      .in(room)
      .fetchSockets()
      .then((sockets) => sockets.length, codeOf),
    disconnectSockets: attempt(() => io.in(room).disconnectSockets()),
  };
}

const clusters = [
  { wire: "fast", primary: "ours" },
  { wire: "plain", primary: "published" },
] as const;

for (const { wire, primary } of clusters) {
  for (const serialization of serializations) {
    describe(`rooms that are neither strings nor numbers, ${wire} wire, ${serialization}`, () => {
      let cluster: TestCluster;
      let insider: Socket;
      let outsider: Socket;

      before(async () => {
        cluster = await startSubject(3, { serialization, primary });
        await speaks(cluster.workers, wire);
      });
      after(() => cluster.stop());

      beforeEach(async () => {
        const [first, second] = workersOf(cluster);
        insider = await first.connect();
        insider.on("question", (answer: () => void) => answer());
        outsider = await second.connect();
      });
      afterEach(() =>
        cluster.workers.forEach((worker) => worker.closeClients()),
      );

      for (const name of names) {
        const isRefused = serialization === "advanced" && name !== "an object";
        const isRefusedInPackets = isRefused && wire === "plain";

        it(`${name} is ${isRefused ? "an error of the caller" : "a room of its own worker"}`, async () => {
          const [first] = workersOf(cluster);
          await first.run(joinRoom, name);
          const packets = isRefusedInPackets ? "ERR_NOT_SENDABLE" : "done";
          const others = isRefused ? "ERR_NOT_SENDABLE" : "done";
          assert.deepEqual(await first.run(use), {
            emit: packets,
            except: packets,
            emitWithAck: packets,
            socketsJoin: others,
            socketsLeave: others,
            fetchSockets: isRefused ? "ERR_NOT_SENDABLE" : 1,
            disconnectSockets: others,
          });
          if (isRefused) {
            await first.run(({ io }) => void io.emit("fence"));
            await onceEvent(insider, "fence");
          } else {
            await onceEvent(insider, "disconnect");
            await first.run(({ io }) => void io.emit("fence"));
          }
          await onceEvent(outsider, "fence");
          const times = isRefusedInPackets ? 0 : 1;
          assert.equal(received(insider, "to the room").length, times);
          assert.equal(received(insider, "to the others").length, 0);
          assert.equal(received(outsider, "to the room").length, 0);
          assert.equal(received(outsider, "to the others").length, times);
        });
      }
    });
  }
}
