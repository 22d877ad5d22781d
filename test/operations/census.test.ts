import assert from "node:assert/strict";
import { type TestCluster, startCluster } from "../support/cluster";
import type { Task, WorkerContext } from "../support/remote";
import { eventually } from "../support/wait";
import type { Kind, TestWorker } from "../support/worker";

/** What the adapter offers beyond that of 0.3.0. */
interface Census {
  countSockets(opts?: {
    rooms?: Set<string>;
    except?: Set<string>;
  }): Promise<number>;
  allRooms(): Promise<Set<string>>;
}

interface Failure {
  code: string;
  message: string;
  responses: unknown[];
  missing: string[];
}

const columns: Array<{ title: string; workers: Kind[] }> = [
  { title: "ours", workers: ["ours", "ours", "ours"] },
  { title: "ours and 0.3.0", workers: ["ours", "published", "ours"] },
];

for (const { title, workers } of columns) {
  describe(`asking the cluster, workers ${title}`, () => {
    let cluster: TestCluster;
    let first: TestWorker;

    before(async () => {
      cluster = await startCluster({
        primary: "ours",
        workers,
        serialization: "advanced",
        adapterOptions: { requestsTimeout: 1_000 },
      });
      first = cluster.workers[0] as TestWorker;
      for (const worker of cluster.workers) {
        await worker.run(
          ({ io }, rooms) => {
            io.on("connection", (socket) => socket.join(rooms));
          },
          ["all", `worker ${worker.index}`],
        );
        await worker.connect();
        await worker.connect();
      }
    });
    after(() => cluster.stop());

    it("how many sockets match", async () => {
      const counts = await first.run(async ({ io }) => {
        const adapter = io.of("/").adapter as unknown as Census;
        return [
          await adapter.countSockets(),
          await adapter.countSockets({ rooms: new Set(["worker 1"]) }),
          await adapter.countSockets({
            rooms: new Set(["all"]),
            except: new Set(["worker 0"]),
          }),
          await adapter.countSockets({ rooms: new Set(["nobody"]) }),
        ];
      });
      assert.deepEqual(counts, [6, 2, 4, 0]);
    });

    it("which rooms exist", async () => {
      const rooms = await first.run(async ({ io }) => [
        ...(await (io.of("/").adapter as unknown as Census).allRooms()),
      ]);
      const ids = cluster.workers.flatMap(({ clients }) =>
        Array.from(clients, ({ id }) => id as string),
      );
      assert.deepEqual(
        rooms.sort(),
        [...ids, "all", "worker 0", "worker 1", "worker 2"].sort(),
      );
    });

    describe("where one of them hangs,", () => {
      before(async () => {
        await cluster.workers[2]!.kill("SIGSTOP");
      });
      after(async () => {
        await cluster.workers[2]!.kill("SIGCONT");
        await eventually(() => cluster.formed());
      });

      /** Runs a request in the first worker, and brings back its error. */
      async function failureOf(
        request: Task<WorkerContext, [], Promise<unknown>>,
      ): Promise<Failure> {
        return first.run(async (context, source) => {
          const ask = (0, eval)(`(${source})`) as (
            context: unknown,
          ) => Promise<unknown>;
          try {
            return (await ask(context)) as never;
          } catch (error) {
            const { code, message, responses, missing } = error as Failure;
            const ids = (responses as Array<{ id: string }>).map(
              ({ id }) => id,
            );
            return { code, message, responses: ids, missing };
          }
        }, request.toString());
      }

      for (const [name, request] of [
        [
          "a count",
          ({ io }) => (io.of("/").adapter as unknown as Census).countSockets(),
        ],
        [
          "a list of rooms",
          ({ io }) => (io.of("/").adapter as unknown as Census).allRooms(),
        ],
        ["fetchSockets()", ({ io }) => io.fetchSockets()],
      ] as Array<[string, Task<WorkerContext, [], Promise<unknown>>]>) {
        it(`${name} fails after requestsTimeout, and tells who is missing`, async () => {
          const { code, message, missing } = await failureOf(request);
          assert.equal(code, "ERR_TIMEOUT");
          assert.equal(message, "timeout reached: missing 1 responses");
          const uid = await uidOf(cluster, cluster.workers[2]!);
          assert.deepEqual(missing, [uid]);
        });
      }

      it("fetchSockets() hands over what has arrived", async () => {
        const { responses } = await failureOf(({ io }) =>
          io.timeout(300).fetchSockets(),
        );
        const ids = cluster.workers
          .slice(0, 2)
          .flatMap(({ clients }) => Array.from(clients, ({ id }) => id));
        assert.deepEqual(responses.sort(), ids.sort());
      });
    });
  });
}

/** The uid of the node of a worker, as the primary knows it. */
async function uidOf(
  cluster: TestCluster,
  { id }: TestWorker,
): Promise<string | undefined> {
  const { workers } = await cluster.primary.run(({ handle }) => handle.stats());
  return workers.find((worker) => worker.id === id)?.nodes[0]?.uid;
}
