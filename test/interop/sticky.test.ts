import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { onceEvent, received } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import type { WorkerContext } from "../support/remote";
import type { TestWorker } from "../support/worker";
import { StickyFront } from "./sticky-front";

const methods = ["least-connection", "random", "round-robin"];
const transports = [["websocket"], ["polling"], ["polling", "websocket"]];

// more than the primary reads from a connection at once, less than what a server accepts
const UPLOAD_SIZE = 700_000;

/** A worker sends numbers until it is told to stop, some in each turn of its event loop. */
function startTicking({ io, state }: WorkerContext, event: string): void {
  state.ticks = 0;
  state.ticking = setInterval(() => {
    for (let i = 0; i < 2; i++) {
      io.emit(event, state.ticks as number);
      state.ticks = (state.ticks as number) + 1;
    }
  }, 1);
}

/** Ends with a marker on the same path, and the number of all that came before it. */
function stopTicking({ io, state }: WorkerContext, event: string): number {
  clearInterval(state.ticking as NodeJS.Timeout);
  io.emit(`${event} end`);
  return state.ticks as number;
}

/** All numbers from the first one that it received on: no gap, no double, no inversion. */
async function assertUnbroken(
  client: Socket,
  event: string,
  total: number,
): Promise<void> {
  await onceEvent(client, `${event} end`);
  const numbers = received(client, event).map(([n]) => n as number);
  const first = total - numbers.length;
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, i) => first + i),
  );
}

for (const method of methods) {
  describe(`@socket.io/sticky, ${method}`, () => {
    let cluster: TestCluster;
    let front: StickyFront;
    let clients: Socket[];
    let workers: [TestWorker, TestWorker, TestWorker];

    before(async () => {
      cluster = await startCluster({
        primary: "ours",
        workers: ["ours", "ours", "ours"],
        serialization: "advanced",
      });
      workers = cluster.workers as typeof workers;
      front = await StickyFront.open(cluster, method);
      clients = [];
      for (const choice of transports) {
        clients.push(...(await front.connectToEach(choice)));
      }
    });
    after(async () => {
      front?.close();
      await cluster?.stop();
    });

    it("every client receives what every worker broadcasts, once and in order", async () => {
      for (const worker of workers) {
        const { index } = worker;
        await worker.run(({ io }, sender) => {
          for (let n = 0; n < 5; n++) {
            io.emit(`news of ${sender}`, n, Buffer.from([n]));
          }
          io.emit(`end of ${sender}`);
        }, index);
        const expected = [0, 1, 2, 3, 4].map((n) => [n, Buffer.from([n])]);
        for (const client of clients) {
          await onceEvent(client, `end of ${index}`);
          assert.deepEqual(received(client, `news of ${index}`), expected);
        }
      }
    });

    it("every worker gets the acknowledgements of every client", async () => {
      clients.forEach((client) => {
        client.on("ask", (answer: (id?: string) => void) => answer(client.id));
      });
      for (const worker of workers) {
        const answers = await worker.run(
          ({ io }) =>
            io.timeout(10_000).emitWithAck("ask") as Promise<string[]>,
        );
        assert.deepEqual(answers.sort(), idsOf(clients));
      }
    });

    it("every worker fetches the sockets of every worker", async () => {
      for (const worker of workers) {
        const ids = await worker.run(async ({ io }) =>
          (await io.fetchSockets()).map(({ id }) => id),
        );
        assert.deepEqual(ids.sort(), idsOf(clients));
      }
    });

    it("nothing is lost or overtaken while connections are passed to the workers", async () => {
      const [first, second] = workers;
      const senders = [first, second];
      await Promise.all(
        senders.map((sender) =>
          sender.run(startTicking, `burst ${sender.index}`),
        ),
      );
      const late = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          front.connect(transports[i % 3] as string[]),
        ),
      );
      for (const sender of senders) {
        const event = `burst ${sender.index}`;
        const total = await sender.run(stopTicking, event);
        for (const client of [...clients, ...late]) {
          await assertUnbroken(client, event, total);
        }
        for (const client of clients) {
          assert.equal(received(client, event).length, total);
        }
      }
      late.forEach((client) => client.disconnect());
    });

    it("a large POST passes through the primary next to broadcasts, and both arrive whole", async () => {
      await Promise.all(
        workers.map((worker) =>
          worker.run(({ io, state }) => {
            state.chunks = 0;
            process.on("message", ({ type }: { type?: string }) => {
              state.chunks =
                (state.chunks as number) + Number(type === "sticky:http-chunk");
            });
            for (const socket of io.of("/").sockets.values()) {
              socket.on(
                "upload",
                (body: string, answer: (n: number) => void) => {
                  socket.broadcast.emit("uploaded", body);
                  answer(body.length);
                },
              );
            }
          }),
        ),
      );
      const body = Array.from({ length: UPLOAD_SIZE / 10 }, (_, i) =>
        String(i).padStart(10, "."),
      ).join("");
      const [sender] = workers;
      await sender.run(startTicking, "tick");

      // the client of the second worker that only polls
      const uploader = clients[4] as Socket;
      const answer = (await uploader
        .timeout(10_000)
        .emitWithAck("upload", body)) as number;
      assert.equal(answer, UPLOAD_SIZE);
      const total = await sender.run(stopTicking, "tick");
      const others = clients.filter((client) => client !== uploader);
      for (const client of others) {
        const [copy] = await onceEvent(client, "uploaded");
        assert.ok(copy === body, "the upload has changed on its way");
      }
      for (const client of clients) {
        await assertUnbroken(client, "tick", total);
        assert.equal(received(client, "tick").length, total);
      }

      const chunks = await workers[1].run(
        ({ state }) => state.chunks as number,
      );
      assert.ok(chunks > 1, "the POST came in one piece");
    });

    it("no process died or warned", () => {
      for (const worker of workers) {
        assert.equal(worker.exit, undefined);
        assert.deepEqual(worker.warnings, []);
      }
      assert.deepEqual(cluster.primary.warnings, []);
    });
  });
}

function idsOf(clients: Socket[]): string[] {
  return clients.map(({ id }) => id as string).sort();
}
