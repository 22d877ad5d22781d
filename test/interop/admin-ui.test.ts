import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { onceEvent, received } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import { eventually, waitFor } from "../support/wait";
import type { Kind, TestWorker } from "../support/worker";

type Mode = "development" | "production";

interface Stats {
  pid: number;
  clientsCount: number;
  namespaces: { name: string; socketsCount: number }[];
}

interface SocketInfo {
  id: string;
  nsp: string;
  data: Record<string, unknown>;
  rooms: string[];
  transport: string;
}

async function startInstrumented(
  kind: Kind,
  mode: Mode,
  serialization: "json" | "advanced",
): Promise<TestCluster> {
  const cluster = await startCluster({
    primary: kind,
    workers: [kind, kind, kind],
    serialization,
  });
  await Promise.all(
    cluster.workers.map((worker) =>
      worker.run(
        ({ io, require }, options) => {
          const { instrument } = require("@socket.io/admin-ui") as {
            instrument(server: object, opts: object): void;
          };
          instrument(io, options);
        },
        { auth: false, mode },
      ),
    ),
  );
  await cluster.formed("/admin");
  return cluster;
}

/** What a worker sees of the sockets of all. */
function fetchIds(worker: TestWorker): Promise<string[]> {
  return worker.run(async ({ io }) =>
    (await io.fetchSockets()).map(({ id }) => id),
  );
}

const columns = [
  ["development", "advanced"],
  ["development", "json"],
  ["production", "advanced"],
] as const;

for (const [mode, serialization] of columns) {
  describe(`@socket.io/admin-ui, ${mode}, ${serialization}`, () => {
    let cluster: TestCluster;
    let workers: [TestWorker, TestWorker, TestWorker];
    let clients: Socket[];
    let admin: Socket;

    before(async () => {
      cluster = await startInstrumented("ours", mode, serialization);
      workers = cluster.workers as typeof workers;
      clients = await Promise.all(workers.map((worker) => worker.connect()));
      admin = await workers[0].connect("/admin");
    });
    after(() => cluster?.stop());

    it("every worker fetches the sockets of every worker", async () => {
      const expected = clients.map(({ id }) => id as string).sort();
      for (const worker of workers) {
        assert.deepEqual((await fetchIds(worker)).sort(), expected);
      }
    });

    it("the admin's client receives the statistics of every worker", async () => {
      await waitFor(() => latestStats(admin).size === 3, {
        message: "statistics of three workers arrive",
      });
      await eventually(() => {
        const stats = latestStats(admin);
        for (const { pid } of workers) {
          const { namespaces } = stats.get(pid) as Stats;
          const root = namespaces.find(({ name }) => name === "/");
          assert.equal(root?.socketsCount, 1);
        }
      });
    });

    it("the admin's client commands the sockets of every worker", async () => {
      admin.emit("join", "/", "chosen");
      admin.emit("emit", "/", "chosen", "greeting", "hello", { n: 1 });
      for (const client of clients) {
        assert.deepEqual(await onceEvent(client, "greeting"), [
          "hello",
          { n: 1 },
        ]);
      }
      const doomed = await workers[2].connect();
      admin.emit("_disconnect", "/", false, doomed.id);
      await onceEvent(doomed, "disconnect");
      assert.ok(clients.every(({ connected }) => connected));
    });

    if (mode === "development") {
      developmentOnly();
    }

    it("no process died or warned", () => {
      for (const worker of workers) {
        assert.equal(worker.exit, undefined);
        assert.deepEqual(worker.warnings, []);
      }
      assert.deepEqual(cluster.primary.warnings, []);
    });

    function developmentOnly(): void {
      it("the admin's client receives all sockets of every worker when it connects", async () => {
        await workers[1].run(({ io }) => {
          for (const socket of io.of("/").sockets.values()) {
            socket.data.user = { name: "ada", tags: ["a"] };
          }
        });
        const late = await workers[0].connect("/admin");
        const [sockets] = (await onceEvent(late, "all_sockets")) as [
          SocketInfo[],
        ];
        const ofRoot = sockets.filter(({ nsp }) => nsp === "/");
        assert.deepEqual(
          ofRoot.map(({ id }) => id).sort(),
          clients.map(({ id }) => id as string).sort(),
        );
        const ofSecond = ofRoot.find(({ id }) => id === clients[1]?.id);
        assert.deepEqual(ofSecond?.data, {
          user: { name: "ada", tags: ["a"] },
        });
        assert.ok(ofRoot.every(({ transport }) => transport === "websocket"));
        late.disconnect();
      });

      it("the admin's client hears of what happens on another worker", async () => {
        await workers[2].run(({ io }) => {
          io.on("connection", (socket) => {
            socket.data.session = { started: new Date(0), open: true };
            socket.emit("welcome", Buffer.from("é"), { at: new Date(0) });
          });
        });
        const client = await workers[2].connect();
        client.emit("typed", { text: "ñ" });
        await onceEvent(client, "welcome");

        const id = client.id as string;
        const about = (event: string) =>
          waitFor<unknown[] | undefined>(
            () =>
              received(admin, event).find((args) =>
                JSON.stringify(args).includes(id),
              ),
            { message: `the admin hears of "${event}"` },
          );
        const [connected] = (await about("socket_connected")) as [SocketInfo];
        assert.equal(connected.id, id);
        const [updated] = (await about("socket_updated")) as [SocketInfo];
        assert.deepEqual(updated.data, {
          session: { started: "1970-01-01T00:00:00.000Z", open: true },
        });
        const [, , typed] = (await about("event_received")) as unknown[];
        assert.deepEqual(typed, ["typed", { text: "ñ" }]);
        const [, , sent] = (await about("event_sent")) as unknown[];
        assert.equal((sent as unknown[])[0], "welcome");
        client.disconnect();
        const [, , reason] = (await about("socket_disconnected")) as unknown[];
        assert.equal(reason, "client namespace disconnect");
      });
    }
  });
}

describe("@socket.io/admin-ui, development, advanced, with 0.3.0", () => {
  it("a worker dies of being asked for its sockets", async () => {
    const cluster = await startInstrumented(
      "published",
      "development",
      "advanced",
    );
    try {
      const [asker, asked] = cluster.workers as [TestWorker, TestWorker];
      await asked.connect();
      await asker.run(({ io }) => {
        io.fetchSockets().catch(() => {});
      });
      const { code, stderr } = await asked.exited;
      assert.equal(code, 1);
      assert.match(stderr, /could not be cloned/);
    } finally {
      await cluster.stop();
    }
  });
});

/** The last statistics of each worker that have arrived. */
function latestStats(admin: Socket): Map<number, Stats> {
  return new Map(
    received(admin, "server_stats").map(([stats]) => [
      (stats as Stats).pid,
      stats as Stats,
    ]),
  );
}
