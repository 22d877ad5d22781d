import assert from "node:assert/strict";
import { once } from "node:events";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer,
} from "node:net";
import { within } from "../support/wait";
import {
  BROKEN_WORKER,
  DemoProcess,
  isAlive,
  stopAllDemos,
  until,
  type WorkerName,
} from "./demo-process";
import { Tabs, type Tab } from "./tab";

const DEADLINE_MS = 10_000;

interface TabCount extends WorkerName {
  tabs: number;
}

describe("the demo", () => {
  const tabs = new Tabs();

  afterEach(async () => {
    tabs.close();
    await stopAllDemos();
  });

  it("prints its workers, a broadcast that crossed them and its URL, and nothing else", async () => {
    const demo = await DemoProcess.start(["--workers", "3"]);
    const pids = demo.workers.map(({ pid }) => pid);

    assert.equal(new Set(pids).size, 3);
    assert.ok(pids.every(isAlive));
    assert.match(
      demo.stdout,
      new RegExp(
        `^\\n  3 workers: 1 \\(pid ${pids[0]}\\), 2 \\(pid ${pids[1]}\\), 3 \\(pid ${pids[2]}\\)\\n` +
          `  ✓ a broadcast from worker 1 \\(pid ${pids[0]}\\) reached workers 2, 3 through the primary in \\d+\\.\\d ms\\n\\n` +
          `  Open http://127\\.0\\.0\\.1:[1-9]\\d* in two tabs\\. Ctrl-C stops the demo\\.\\n\\n$`,
      ),
    );
    assert.equal(demo.stderr, "");
  });

  it("starts three or four workers when it is not told how many", async () => {
    const demo = await DemoProcess.start();

    assert.ok(
      demo.workers.length >= 3 && demo.workers.length <= 4,
      demo.stdout,
    );
  });

  it("explains its flags with --help", async () => {
    const demo = new DemoProcess(["--help"]);

    assert.deepEqual(await demo.exit, { code: 0, signal: null });
    for (const flag of ["--port", "--host", "--workers", "--help"]) {
      assert.ok(demo.stdout.includes(flag), flag);
    }
  });

  const REFUSALS: [args: string[], line: string][] = [
    [["--prot", "3000"], "unknown flag --prot (see --help)"],
    [["--prot=3000"], "unknown flag --prot=3000 (see --help)"],
    [["-p", "3000"], "unknown flag -p (see --help)"],
    [["3000"], 'unexpected argument "3000" (see --help)'],
    [
      ["--port", "http"],
      '--port must be an integer from 0 to 65535, got "http"',
    ],
    [["--port", "-1"], '--port must be an integer from 0 to 65535, got "-1"'],
    [
      ["--port=65536"],
      '--port must be an integer from 0 to 65535, got "65536"',
    ],
    [["--port="], '--port must be an integer from 0 to 65535, got ""'],
    [["--port"], "--port must be an integer from 0 to 65535, got no value"],
    [
      ["--port", "--workers", "2"],
      '--port must be an integer from 0 to 65535, got "--workers"',
    ],
    [["--workers", "1"], '--workers must be an integer from 2 to 32, got "1"'],
    [
      ["--workers", "2.5"],
      '--workers must be an integer from 2 to 32, got "2.5"',
    ],
    [
      ["--workers", "33"],
      '--workers must be an integer from 2 to 32, got "33"',
    ],
    [["--host", ""], '--host must be a host name or an IP address, got ""'],
    [["--help=yes"], '--help takes no value, got "yes"'],
  ];

  for (const [args, line] of REFUSALS) {
    it(`refuses ${JSON.stringify(args.join(" "))} in one line`, async () => {
      const demo = new DemoProcess(args);

      assert.deepEqual(await demo.exit, { code: 2, signal: null });
      assert.equal(demo.stderr, `${line}\n`);
      assert.equal(demo.stdout, "");
    });
  }

  it("says in one line that its port is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const demo = new DemoProcess(["--port", String(port)]);

      assert.deepEqual(await demo.exit, { code: 1, signal: null });
      assert.equal(
        demo.stderr,
        `port ${port} on 127.0.0.1 is already in use: stop what listens there or choose another with --port (0 takes any free one)\n`,
      );
      assert.equal(demo.stdout, "");
    } finally {
      server.close();
    }
  });

  it("serves its page, the files of the page and the client, and nothing else", async () => {
    const { url } = await DemoProcess.start();
    const get = (pathname: string, init?: RequestInit) =>
      fetch(url + pathname, init);

    for (const [pathname, type] of [
      ["/", "text/html"],
      ["/?from=elsewhere", "text/html"],
      ["/main.mjs", "text/javascript"],
      ["/ledger.mjs", "text/javascript"],
      ["/uplot.js", "text/javascript"],
      ["/uplot.css", "text/css"],
      ["/style.css", "text/css"],
      ["/icon.svg", "image/svg+xml"],
      ["/socket.io/socket.io.esm.min.js", "application/javascript"],
    ] as const) {
      const response = await get(pathname);
      assert.equal(response.status, 200, pathname);
      assert.ok(
        response.headers.get("content-type")?.startsWith(type),
        pathname,
      );
      assert.ok((await response.text()).length > 0, pathname);
    }
    assert.match(
      (await get("/")).headers.get("content-security-policy") ?? "",
      /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; /,
    );
    assert.equal((await get("/primary.js")).status, 404);
    assert.equal((await get("/..%2fprimary.js")).status, 404);
    assert.equal((await get("/constructor")).status, 404);
    assert.equal((await get("/", { method: "POST", body: "x" })).status, 405);
  });

  it("carries a message from a tab on one worker to a tab on another", async () => {
    const demo = await DemoProcess.start();
    const first = await tabs.open(demo.url);
    const second = await tabs.openOnAnotherWorker(demo.url, first);

    assert.deepEqual(await first.send("  from the first  "), {});
    assert.deepEqual(await second.send("from the second"), {});

    for (const tab of [first, second]) {
      const fromFirst = await tab.receives("from the first");
      const fromSecond = await tab.receives("from the second");
      assert.deepEqual(fromFirst.from, first.worker);
      assert.equal(fromFirst.sender, first.socket.id);
      assert.deepEqual(fromSecond.from, second.worker);
      assert.equal(tab.messages.length, 2);
    }
  });

  it("refuses a malformed message, tells its sender why and nobody else", async () => {
    const demo = await DemoProcess.start();
    const first = await tabs.open(demo.url);
    const second = await tabs.openOnAnotherWorker(demo.url, first);

    for (const text of [
      undefined,
      null,
      7,
      {},
      ["text"],
      Buffer.from("text"),
      { toString: "text" },
    ]) {
      assert.deepEqual(await first.send(text), {
        error: "A message must be a string.",
      });
    }
    assert.deepEqual(await first.send(" \n "), {
      error: "A message must not be empty.",
    });
    assert.deepEqual(await first.send("x".repeat(501)), {
      error:
        "A message must not be longer than 500 characters, this one has 501.",
    });
    first.socket.emit("message", "without an acknowledgement");
    first.socket.emit("message", "a text", "another one");
    first.socket.emit("message");
    first.socket.emit("no such event", "text");

    assert.deepEqual(await first.send("x".repeat(500)), {});
    for (const tab of [first, second]) {
      await tab.receives("x".repeat(500));
      assert.equal(tab.messages.length, 1);
    }
  });

  it("closes the connection of a client that sends too much, and no other", async () => {
    const demo = await DemoProcess.start();
    const first = await tabs.open(demo.url, ["websocket"]);
    const second = await tabs.open(demo.url, ["websocket"]);
    let closed = false;
    first.socket.once("disconnect", () => (closed = true));

    first.socket.emit("message", "x".repeat(100_000));

    await until(
      () => closed && first.welcomes.length === 2,
      DEADLINE_MS,
      () => "the client is disconnected",
    );
    assert.equal(second.welcomes.length, 1);
    assert.deepEqual(second.messages, []);
    assert.deepEqual(demo.stderr, "");
  });

  it("keeps every tab informed about the workers and their tabs", async () => {
    const demo = await DemoProcess.start(["--workers", "2"]);
    const first = await tabs.open(demo.url);
    const second = await tabs.openOnAnotherWorker(demo.url, first);
    const others = tabs.all.filter((tab) => tab !== first && tab !== second);
    others.forEach((tab) => tab.socket.disconnect());
    const countsOf = (tab: Tab) =>
      tab.workers.map(({ id, pid, tabs: count }) => ({ id, pid, tabs: count }));
    const shows = (tab: Tab, expected: TabCount[]) =>
      until(
        () => JSON.stringify(countsOf(tab)) === JSON.stringify(expected),
        DEADLINE_MS,
        () =>
          `the tab knows ${JSON.stringify(expected)}: ${JSON.stringify(tab.workers)}`,
      );

    const both = demo.workers.map((worker) => ({ ...worker, tabs: 1 }));
    await shows(first, both);
    await shows(second, both);

    second.socket.disconnect();
    await shows(
      first,
      demo.workers.map((worker) => ({
        ...worker,
        tabs: worker.id === first.worker.id ? 1 : 0,
      })),
    );
  });

  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    it(`replaces a worker that ends by ${signal}, and its tab moves to another worker`, async () => {
      const demo = await DemoProcess.start(["--workers", "2"]);
      const first = await tabs.open(demo.url);
      const second = await tabs.openOnAnotherWorker(demo.url, first);
      const lost = first.worker;

      process.kill(lost.pid, signal);
      await demo.prints(
        new RegExp(`worker ${lost.id} \\(pid ${lost.pid}\\) ended: `),
      );
      await demo.prints(/worker 3 \(pid \d+\) takes its place/);
      await until(
        () => first.welcomes.length === 2,
        DEADLINE_MS,
        () => "the tab reconnects",
      );

      assert.notEqual(first.worker.pid, lost.pid);
      assert.ok(isAlive(first.worker.pid));
      await until(
        () =>
          second.workers.length === 2 &&
          second.workers.every(({ id }) => id !== lost.id),
        DEADLINE_MS,
        () => `the list follows: ${JSON.stringify(second.workers)}`,
      );
      await first.send("after the move");
      await second.receives("after the move");
      assert.equal(demo.stderr, "");
    });
  }

  it("gives up after three workers in a row that cannot start", async () => {
    const demo = new DemoProcess(["--port", "0", "--workers", "2"], {
      execArgv: ["--require", BROKEN_WORKER],
    });

    assert.deepEqual(await demo.exit, { code: 1, signal: null });
    assert.match(demo.stderr, /Error: this worker cannot start/);
    assert.match(
      demo.stderr,
      /^3 workers in a row ended right after their start \(the last one: exit code 1\): the demo stops$/m,
    );
    assert.equal(demo.stdout, "");
  });

  async function assertNothingIsLeft(demo: DemoProcess): Promise<void> {
    for (const { pid } of demo.workers) {
      await until(
        () => !isAlive(pid),
        DEADLINE_MS,
        () => `worker ${pid} ends`,
      );
    }
    const socket = connectTcp(Number(new URL(demo.url).port), "127.0.0.1");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNREFUSED");
  }

  async function assertStopsInTime(demo: DemoProcess): Promise<void> {
    const exit = await within(demo.exit, {
      deadline: DEADLINE_MS,
      message: "the demo stops",
    });
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.equal(demo.stderr, "");
    await assertNothingIsLeft(demo);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`leaves no process and no open port after ${signal}`, async () => {
      const demo = await DemoProcess.start(["--workers", "3"]);
      await tabs.open(demo.url, ["websocket"]);
      await tabs.open(demo.url, ["polling"]);

      demo.signal(signal);

      await assertStopsInTime(demo);
    });
  }

  it("leaves no process and no open port after a Ctrl-C, which reaches its workers too", async () => {
    const demo = await DemoProcess.start([], { detached: true });
    await tabs.open(demo.url);

    demo.signalGroup("SIGINT");
    demo.signalGroup("SIGINT");

    await assertStopsInTime(demo);
  });

  it("stops in time when one of its workers hangs", async () => {
    const demo = await DemoProcess.start(["--workers", "2"]);
    const [hung] = demo.workers;
    assert.ok(hung);

    process.kill(hung.pid, "SIGSTOP");
    demo.signal("SIGTERM");

    await assertStopsInTime(demo);
  });

  it("leaves no worker behind when its primary is killed", async () => {
    const demo = await DemoProcess.start(["--workers", "2"]);
    await tabs.open(demo.url);

    demo.signal("SIGKILL");

    assert.deepEqual(await demo.exit, { code: null, signal: "SIGKILL" });
    await assertNothingIsLeft(demo);
  });
});
