import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { WebSocket } from "ws";
import type { ClusterStats } from "../../dist";
import { received, type Ticket } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { eventually, waitFor, within } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { startRecovering } from "./recovery-cluster";
import { freeze, returnTo, ticketOf } from "./returning";

const MEBIBYTE = 1024 * 1024;

/** The first packets that the server sends to a client that asks for a session, whatever it asks with. */
async function packetsFor(
  worker: TestWorker,
  auth: string,
  count: number,
): Promise<string[]> {
  const url = `${worker.url}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(url);
  try {
    const packets: string[] = [];
    const answer = new Promise<void>((resolve, reject) => {
      socket.once("close", () => reject(new Error("the connection closes")));
      socket.once("error", reject);
      socket.on("message", (data) => {
        const text = (data as Buffer).toString();
        if (text.startsWith("0")) {
          socket.send(`40${auth}`);
        } else if (text.startsWith("4")) {
          packets.push(text);
          if (packets.length === count) {
            resolve();
          }
        }
      });
    });
    await within(answer, { message: "the server answers" });
    return packets;
  } finally {
    socket.terminate();
  }
}

/** What the server says of the session of a packet by which it accepts a client. */
function sessionOf(packet: string | undefined): { sid: string; pid: string } {
  assert.match(packet ?? "", /^40\{/);
  return JSON.parse((packet as string).slice(2)) as {
    sid: string;
    pid: string;
  };
}

function statsOf(cluster: TestCluster): Promise<ClusterStats> {
  return cluster.primary.run(({ handle }) => handle.stats());
}

describe("private ids and offsets that are none", () => {
  let cluster: TestCluster;
  let workers: [TestWorker, TestWorker, TestWorker];
  let owner: Socket;
  let ticket: Ticket;

  before(async () => {
    cluster = await startRecovering(3, {
      serverOptions: { maxHttpBufferSize: 4 * MEBIBYTE },
    });
    workers = cluster.workers as typeof workers;
  });
  beforeEach(async () => {
    owner = await arrive(workers[0]);
    await lose(owner);
    ticket = ticketOf(owner);
  });
  after(() => cluster?.stop());

  /** The session is there, with all that its client has missed. */
  async function ownerReturns(): Promise<void> {
    await workers[1].run(({ io }) => void io.emit("missed"));
    await returnTo(owner, workers[2]);
    assert.equal(owner.recovered, true);
    await fence(owner, workers);
    assert.deepEqual(eventsOf(owner), [["missed"]]);
    owner.disconnect();
  }

  /** Is not recovered; returns what the primary was asked. */
  async function refused(auths: unknown[]): Promise<Record<string, number>> {
    const before = (await statsOf(cluster)).recovery.restores;
    for (const auth of auths) {
      const text = typeof auth === "string" ? auth : JSON.stringify(auth);
      const [packet] = await packetsFor(workers[1], text, 1);
      const { sid, pid } = sessionOf(packet);
      assert.notEqual(pid, ticket.pid);
      assert.equal(typeof sid, "string");
    }
    const { restores } = (await statsOf(cluster)).recovery;
    return Object.fromEntries(
      Object.entries(restores)
        .map(([key, count]) => [key, count - before[key as "gap"]] as const)
        .filter(([, count]) => count > 0),
    );
  }

  it("of a wrong shape never reach the primary, and leave the session alone", async () => {
    const { pid, offset } = ticket;
    const long = "x".repeat(MEBIBYTE);
    const texts = [
      "",
      "__proto__",
      "constructor",
      "hasOwnProperty",
      "\u0000".repeat(20),
      "漢".repeat(20),
      "漢".repeat(15),
      long,
      `${pid}x`,
      `${offset}x`,
      `${offset}\n`,
      offset.replace(".", "-"),
    ];
    const asked = await refused([
      ...texts.map((text) => ({ pid: text, offset })),
      ...texts.map((text) => ({ pid, offset: text })),
      { pid: long, offset: long },
      ...[null, 1, true, [pid], [offset], { pid }, { length: 20 }].flatMap(
        (value) => [
          { pid: value, offset },
          { pid, offset: value },
        ],
      ),
      { pid },
      { offset },
      `{"__proto__":{"pid":"${pid}","offset":"${offset}"}}`,
      `{"constructor":{"prototype":{"pid":"${pid}"}},"offset":"${offset}"}`,
    ]);
    assert.deepEqual(asked, {});
    await ownerReturns();
  });

  it("that are right are answered first, and then with what was missed", async () => {
    await workers[1].run(({ io }) => {
      io.emit("missed", 1);
      io.emit("missed", 2);
    });
    const packets = await packetsFor(workers[2], JSON.stringify(ticket), 3);
    assert.equal(sessionOf(packets[0]).pid, ticket.pid);
    assert.match(packets[1] ?? "", /^42\["missed",1,"/);
    assert.match(packets[2] ?? "", /^42\["missed",2,"/);
  });

  it("of others are refused, and leave the session alone", async () => {
    const { pid, offset } = ticket;
    const [epoch, number] = offset.split(".") as [string, string];
    const asked = await refused([
      // nobody has such a session
      { pid: "abcdefghijklmnopqrst", offset },
      { pid: "__proto__-----------", offset },
      { pid: pid.split("").reverse().join(""), offset },
      // of another order, of the future
      { pid, offset: `------.${number}` },
      { pid, offset: `${epoch.split("").reverse().join("")}.${number}` },
      { pid, offset: `${epoch}.zzzzzzzz` },
    ]);
    assert.deepEqual(asked, { unknown: 3, foreign: 3 });
    await ownerReturns();
  });

  it("of another namespace are refused there, and leave the session alone", async () => {
    await cluster.formed("/news");
    const client = await workers[1].connect("/news", { ticket });
    assert.equal(client.recovered, false);
    await ownerReturns();
  });

  it("of a session that its client or the server has ended are refused", async () => {
    const ends: [string, (client: Socket) => Promise<unknown>][] = [
      ["client", (client) => Promise.resolve(client.disconnect())],
      [
        "server",
        (client) =>
          workers[0].run(
            ({ io }, id) =>
              void io
                .of("/")
                .sockets.get(id as string)
                ?.disconnect(),
            client.id,
          ),
      ],
      [
        "another worker",
        (client) =>
          workers[1].run(
            ({ io }, id) => io.in(id as string).disconnectSockets(),
            client.id,
          ),
      ],
    ];
    for (const [who, end] of ends) {
      const client = await arrive(workers[0]);
      const { id } = client;
      const old = ticketOf(client);
      await end(client);
      await waitFor(
        async () =>
          !(await workers[0].run(
            ({ io }, sid) => io.of("/").sockets.has(sid),
            id as string,
          )),
      );
      const later = await workers[2].connect("/", { ticket: old });
      assert.equal(later.recovered, false, who);
      later.disconnect();
    }
    await ownerReturns();
  });

  for (const state of ["lost", "still open"]) {
    it(`that are asked for twice at once are given to one connection in the end, where the old one is ${state}`, async () => {
      let end = () => {};
      if (state === "still open") {
        await returnTo(owner, workers[0]);
        end = freeze(owner);
      }
      const { pid } = ticket;
      await workers[0].run(({ io }) => void io.emit("missed"));
      const [one, two] = await Promise.all([
        workers[1].connect("/", { ticket }),
        workers[2].connect("/", { ticket }),
      ]);
      await eventually(async () => {
        const counts = await Promise.all(
          workers.map((worker) =>
            worker.run(
              ({ io }, own) =>
                Array.from(io.of("/").sockets.values()).filter(
                  (socket) =>
                    (socket as unknown as { pid: string }).pid === own,
                ).length,
              pid,
            ),
          ),
        );
        assert.deepEqual(counts.sort(), [0, 0, 1]);
      });
      const winner = (await waitFor(() => {
        const left = [one, two].filter(
          (client) => client.connected && client.recovered,
        );
        return left.length === 1 ? left[0] : undefined;
      })) as Socket;
      await fence(winner, workers);
      assert.equal(received(winner, "missed").length, 1);
      end();
      workers.forEach((worker) => worker.closeClients());
    });
  }

  it("ended no process, and gave no warning", () => {
    for (const { exit, warnings } of [cluster.primary, ...workers]) {
      assert.equal(exit, undefined);
      assert.deepEqual(warnings, []);
    }
  });
});
