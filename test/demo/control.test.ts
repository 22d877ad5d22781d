import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { DemoProcess, isAlive, stopAllDemos, until } from "./demo-process";
import { type Ledger, loadLedger, type Tab, Tabs } from "./tab";

const DEADLINE_MS = 20_000;

describe("the commands of the demo", function () {
  this.timeout(60_000);

  const tabs = new Tabs();
  let demo: DemoProcess;

  afterEach(async () => {
    tabs.close();
    await stopAllDemos();
  });

  it("are refused when they are malformed, and change nothing", async () => {
    demo = await DemoProcess.start(["--workers", "2"]);
    const tab = await tabs.open(demo.url);
    const refusals: [command: unknown, error: string][] = [
      [undefined, "A command must be an object, got null."],
      [null, "A command must be an object, got null."],
      ["kill", 'A command must be an object, got "kill".'],
      [7, "A command must be an object, got 7."],
      [["kill", 1], 'A command must be an object, got ["kill",1].'],
      [{}, '"verb" must be "freeze", "kill" or "roll", got nothing.'],
      [
        { verb: "constructor", worker: 1 },
        '"verb" must be "freeze", "kill" or "roll", got "constructor".',
      ],
      [
        { verb: ["kill"], worker: 1 },
        '"verb" must be "freeze", "kill" or "roll", got ["kill"].',
      ],
      [
        { verb: "x".repeat(100), worker: 1 },
        `"verb" must be "freeze", "kill" or "roll", got "${"x".repeat(39)}….`,
      ],
      [
        { verb: "kill" },
        '"worker" must be the number of a worker, got nothing.',
      ],
      [
        { verb: "kill", worker: "1" },
        '"worker" must be the number of a worker, got "1".',
      ],
      [
        { verb: "kill", worker: 1.5 },
        '"worker" must be the number of a worker, got 1.5.',
      ],
      [
        { verb: "freeze", worker: -1 },
        '"worker" must be the number of a worker, got -1.',
      ],
      [
        { verb: "freeze", worker: Buffer.from("1") },
        '"worker" must be the number of a worker, got {"type":"Buffer","data":[49]}.',
      ],
      [
        { verb: "kill", worker: 1, signal: "SIGTERM" },
        '"kill" has no "signal".',
      ],
      [{ verb: "roll", worker: 1 }, '"roll" has no "worker".'],
      [{ verb: "kill", worker: 99 }, "There is no worker 99."],
      [{ verb: "freeze", worker: 3 }, "There is no worker 3."],
    ];

    for (const [command, error] of refusals) {
      assert.deepEqual(await tab.command(command), { error });
    }
    // without an acknowledgement at the end, it is no command
    tab.socket.emit("command", { verb: "kill", worker: 1 });
    tab.socket.emit("command", { verb: "kill", worker: 1 }, "now");
    tab.socket.emit("command");
    assert.deepEqual(await tab.command({ verb: "roll", worker: 2 }), {
      error: '"roll" has no "worker".',
    });

    // what had been done would have been announced before this
    await tab.send("done");
    await tab.receives("done");
    assert.deepEqual(tab.notes, []);
    assert.deepEqual(
      tab.workers.map(({ id, pid, state }) => ({ id, pid, state })),
      demo.workers.map((worker) => ({ ...worker, state: "serving" })),
    );
    assert.ok(demo.workers.every(({ pid }) => isAlive(pid)));
    assert.deepEqual(tab.recovered, [false]);
    assert.equal(demo.stderr, "");
  });

  it("are not taken from pages of others", async () => {
    demo = await DemoProcess.start(["--workers", "2"]);
    const statusFor = async (headers: Record<string, string>) =>
      (
        await fetch(`${demo.url}/socket.io/?EIO=4&transport=polling`, {
          headers,
        })
      ).status;

    assert.equal(await statusFor({}), 200);
    assert.equal(await statusFor({ origin: demo.url }), 200);
    assert.equal(await statusFor({ origin: "http://example.com" }), 403);
    assert.equal(await statusFor({ origin: "null" }), 403);
  });

  it("freeze a worker once at a time, and no worker stays frozen when the demo stops", async function () {
    if (process.platform === "win32") {
      this.skip();
    }
    demo = await DemoProcess.start(["--workers", "2"]);
    const tab = await tabs.open(demo.url);
    const other = tab.workers.find(({ id }) => id !== tab.worker.id);
    assert.ok(other);
    const command = { verb: "freeze", worker: other.id };

    assert.deepEqual(await tab.command(command), {});
    assert.deepEqual(await tab.command(command), {
      error: `Worker ${other.id} is frozen already.`,
    });
    await until(
      () => tab.workers.some(({ state }) => state === "frozen"),
      DEADLINE_MS,
      () => `a worker is frozen: ${JSON.stringify(tab.workers)}`,
    );

    demo.signal("SIGTERM");
    assert.deepEqual(await demo.exit, { code: 0, signal: null });
    assert.ok(demo.workers.every(({ pid }) => !isAlive(pid)));
    assert.match(demo.stdout, /goes on \(SIGCONT\)/);
  });

  it("lose and double nothing, even when workers are killed during a rolling restart", async () => {
    demo = await DemoProcess.start(["--workers", "3"]);
    const LedgerOfPage = await loadLedger();
    const ledgers: Ledger[] = [];
    for (let i = 0; i < 6; i++) {
      const tab = await tabs.open(demo.url);
      const ledger = new LedgerOfPage();
      ledger.knows([0, ...tab.workers.map(({ id }) => id)]);
      tab.ledger = ledger;
      ledgers.push(ledger);
    }
    const [first, second] = tabs.all as [Tab, Tab];
    const victim = second.worker;

    assert.deepEqual(await first.command({ verb: "roll" }), {});
    first.socket.emit("command", { verb: "kill", worker: victim.id }, () => {});

    const isDone = ({ notes }: Tab) =>
      notes.some(
        (note) => note === "rolling restart: all workers are replaced",
      );
    await until(
      () => tabs.all.every(isDone),
      DEADLINE_MS,
      () => `the restart is done: ${first.notes.join("; ")}`,
    );
    const received = ledgers.map((ledger) => ledger.received);
    await until(
      () => ledgers.every((ledger, i) => ledger.received > received[i]! + 40),
      DEADLINE_MS,
      () => `all receive: ${ledgers.map((ledger) => ledger.received)}`,
    );

    await first.shows(["serving", "serving", "serving"]);
    for (const { lost, doubled, outOfOrder } of ledgers) {
      assert.deepEqual([lost, doubled, outOfOrder], [0, 0, 0]);
    }
    for (const { recovered } of tabs.all) {
      assert.ok(recovered.length > 1);
      assert.deepEqual(recovered, [false, ...recovered.slice(1).fill(true)]);
    }
    // all have the same end of those that are gone, if any
    for (const id of [1, 2, 3]) {
      const ends = ledgers.flatMap(({ last }) => last[id] ?? []);
      assert.ok(new Set(ends).size <= 1, `worker ${id}: ${ends}`);
    }
    assert.equal(demo.stderr, "");
  });
});

describe("the address of the demo", () => {
  afterEach(stopAllDemos);

  async function answers(host: string, port: number): Promise<boolean> {
    const socket = connect(port, host);
    try {
      await once(socket, "connect");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  it("is the one of the loopback, unless it is told otherwise", async function () {
    if (process.platform !== "linux") {
      // where all of 127.0.0.0/8 is this machine
      this.skip();
    }
    const portOf = ({ url }: DemoProcess) => Number(new URL(url).port);

    const demo = await DemoProcess.start();
    assert.ok(await answers("127.0.0.1", portOf(demo)));
    assert.ok(!(await answers("127.0.0.2", portOf(demo))));

    const open = await DemoProcess.start(["--host", "0.0.0.0"]);
    assert.ok(await answers("127.0.0.2", portOf(open)));
  });
});
