import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { Socket } from "socket.io-client";
import { collect, onceEvent, received } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import type { TestWorker } from "../support/worker";

const fixtures = resolve(__dirname, "../../test/fixtures/interop");
const parser = require(resolve(fixtures, "bigint-parser.js")) as object;

const HUGE = 2n ** 80n;

for (const serialization of ["json", "advanced"] as const) {
  describe(`a parser of the application, ${serialization}`, () => {
    let cluster: TestCluster;
    let workers: [TestWorker, TestWorker, TestWorker];
    let clients: Socket[];

    before(async () => {
      cluster = await startCluster({
        primary: "ours",
        workers: ["ours", "ours", "ours"],
        serialization,
        workerScript: resolve(fixtures, "bigint-worker.js"),
      });
      workers = cluster.workers as typeof workers;
      clients = await Promise.all(
        workers.map((worker) => worker.connect("/", { parser })),
      );
    });
    after(() => cluster?.stop());

    it("carries what JSON knows to the clients of every worker, in order", async () => {
      const [first] = workers;
      await first.run(({ io }) => {
        io.emit("plain", 1, { text: "ñ", list: [true, null] });
        io.emit("plain", 2, new Date(0), { gone: undefined });
        io.emit("plain", 3, { made: { toJSON: () => ["by", "toJSON"] } });
      });
      for (const client of clients) {
        assert.deepEqual(await collect(client, "plain", 3), [
          [1, { text: "ñ", list: [true, null] }],
          [2, "1970-01-01T00:00:00.000Z", {}],
          [3, { made: ["by", "toJSON"] }],
        ]);
      }
    });

    it("carries acknowledgements and answers between the workers", async () => {
      clients.forEach((client, i) => {
        client.on("ask", (n: number, answer: (a: unknown) => void) =>
          answer({ i, n }),
        );
      });
      const [, second] = workers;
      const answers = await second.run(
        ({ io }) =>
          io.timeout(10_000).emitWithAck("ask", 7) as Promise<{ i: number }[]>,
      );
      assert.deepEqual(
        answers.sort((a, b) => a.i - b.i),
        clients.map((_, i) => ({ i, n: 7 })),
      );
    });

    it("never brings a value that only the parser knows to some of the clients and not to others", async () => {
      const [first] = workers;
      const failure = await first.run(({ io }) => {
        try {
          io.emit("huge", 2n ** 80n, { nested: [-1n] });
          return undefined;
        } catch (error) {
          return String((error as { code?: string }).code);
        } finally {
          io.emit("fence");
        }
      });
      const expected = failure ? [] : [[HUGE, { nested: [-1n] }]];
      for (const client of clients) {
        await onceEvent(client, "fence");
        assert.deepEqual(received(client, "huge"), expected);
      }
      // the channel that speaks JSON may have no word for it
      const outcomes =
        serialization === "json"
          ? [undefined, "ERR_NOT_SENDABLE"]
          : [undefined];
      assert.ok(outcomes.includes(failure), failure);
    });

    if (serialization === "advanced") {
      advancedOnly();
    }

    it("no worker died or warned", () => {
      for (const worker of workers) {
        assert.equal(worker.exit, undefined);
        assert.deepEqual(worker.warnings, []);
      }
    });

    function advancedOnly(): void {
      it("carries the values that only the parser knows in acknowledgements, requests and data of sockets", async () => {
        clients.forEach((client) => {
          client.on("double", (n: bigint, answer: (a: unknown) => void) =>
            answer({ doubled: n * 2n }),
          );
        });
        const [first, second] = workers;
        await second.run(({ io }) => {
          io.on("square", (n: bigint, answer: (a: bigint) => void) =>
            answer(n * n),
          );
          for (const socket of io.of("/").sockets.values()) {
            socket.data.balance = 2n ** 70n;
          }
        });
        await workers[2].run(({ io }) => {
          io.on("square", (n: bigint, answer: (a: bigint) => void) =>
            answer(n * n),
          );
        });
        const result = await first.run(async ({ io }) => {
          const doubled = (await io
            .timeout(10_000)
            .emitWithAck("double", 2n ** 64n)) as { doubled: bigint }[];
          const squares = (await io.serverSideEmitWithAck(
            "square",
            2n ** 40n,
          )) as bigint[];
          const sockets = await io.fetchSockets();
          return {
            doubled: doubled.map((answer) => String(answer.doubled)),
            squares: squares.map(String),
            balances: sockets.flatMap(({ data }) => {
              const { balance } = data as { balance?: bigint };
              return balance === undefined ? [] : [String(balance)];
            }),
          };
        });
        assert.deepEqual(result, {
          doubled: Array(3).fill(String(2n ** 65n)),
          squares: Array(2).fill(String(2n ** 80n)),
          balances: [String(2n ** 70n)],
        });
      });

      it("carries the values that only the parser knows to one room of every worker", async () => {
        await workers[2].run(({ io }) => {
          io.socketsJoin("rich");
          io.to("rich").emit("balance", 10n ** 30n);
        });
        for (const client of clients) {
          assert.deepEqual(await onceEvent(client, "balance"), [10n ** 30n]);
        }
      });
    }
  });
}
