import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { TestCluster } from "../support/cluster";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { startSubject, subject } from "./subject";

const root = resolve(__dirname, "../..");
const specifier = subject === "ours" ? root : "cluster-adapter-published";

/** Runs a script in a process of its own, which has no IPC channel. */
async function runAlone(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["-e", script],
    { cwd: root },
  );
  return stdout.trim();
}

describe("a process without an IPC channel", () => {
  it("gets an error that says so and what to do", async () => {
    const output = await runAlone(`
      const { Server } = require("socket.io");
      const { createAdapter } = require(${JSON.stringify(specifier)});
      try {
        new Server().adapter(createAdapter());
      } catch ({ code, message }) {
        console.log(code, message);
      }
    `);
    assert.match(
      output,
      /^ERR_NO_IPC_CHANNEL .*no.* cluster\.fork\(\).*setupPrimary\(\)/,
    );
  });

  it("may call createAdapter() all the same: scripts do it before they know whether they are the primary", async () => {
    assert.equal(
      await runAlone(`
        const { createAdapter } = require(${JSON.stringify(specifier)});
        console.log(typeof createAdapter());
      `),
      "function",
    );
  });
});

describe("options", () => {
  let cluster: TestCluster;
  let first: TestWorker;
  let second: TestWorker;

  before(async () => {
    cluster = await startSubject(2, {
      adapterOptions: { requestsTimeout: 100 },
    });
    [first, second] = cluster.workers as [TestWorker, TestWorker];
  });
  after(() => cluster.stop());

  for (const [options, text] of [
    ['{ heartbeatInterval: "5000" }', /"heartbeatInterval".*got "5000"/],
    ["{ heartbeatInterval: 0 }", /"heartbeatInterval".*got 0/],
    ["{ heartbeatInterval: 2 ** 31 }", /"heartbeatInterval".*got 2147483648/],
    ["{ heartbeatTimeout: -1 }", /"heartbeatTimeout".*got -1/],
    ["{ heartbeatTimeout: NaN }", /"heartbeatTimeout".*got NaN/],
    ["{ requestsTimeout: null }", /"requestsTimeout".*got null/],
    ["5000", /the options.*got 5000/],
  ] as const) {
    it(`createAdapter(${options}) throws, and names the key and the value`, async () => {
      const task = first.run(({ createAdapter }, source) => {
        createAdapter((0, eval)(`(${source})`) as object);
      }, options);
      await assert.rejects(task, (error: Error & { code?: string }) => {
        assert.equal(error.code, "ERR_INVALID_OPTION");
        assert.match(error.message, text);
        return true;
      });
    });
  }

  it("that are undefined, or null as a whole, take their defaults", async () => {
    const options = await first.run(({ createAdapter, Server }) => {
      const adapterOf = (opts: unknown) => {
        const io = new Server();
        io.adapter(createAdapter(opts as object));
        const { adapter } = io.of("/");
        void adapter.close();
        return (adapter as unknown as { _opts: object })._opts;
      };
      return [adapterOf({ heartbeatInterval: undefined }), adapterOf(null)];
    });
    const defaults = {
      heartbeatInterval: 5_000,
      heartbeatTimeout: 10_000,
      requestsTimeout: 5_000,
    };
    assert.deepEqual(options, [defaults, defaults]);
  });

  it("requestsTimeout ends a fetchSockets() and a serverSideEmit() that have no timeout of their own", async () => {
    await second.run(({ io }) => void io.on("ask", () => {}));
    const outcome = await first.run(async ({ io }) => {
      const asked = io
        .serverSideEmitWithAck("ask")
        .catch((error: Error) => [
          error.message,
          (error as Error & { responses: unknown }).responses,
        ]);
      return (await asked) as unknown;
    });
    assert.deepEqual(outcome, ["timeout reached: missing 1 responses", []]);

    await second.kill("SIGSTOP");
    const message = await first.run(({ io }) =>
      io.fetchSockets().then(
        () => "",
        (error: Error) => error.message,
      ),
    );
    await second.kill("SIGCONT");
    assert.equal(message, "timeout reached: missing 1 responses");
  });

  it("setupPrimary() in a worker gives a warning and does nothing", async () => {
    const listeners = await first.run(({ adapterPackage, cluster: module }) => {
      const emitter = module as unknown as NodeJS.EventEmitter;
      const { setupPrimary } = adapterPackage as {
        setupPrimary(): { close(): void };
      };
      setupPrimary().close();
      setupPrimary();
      return emitter.listenerCount("message");
    });
    assert.equal(listeners, 0);
    await waitFor(() => first.warnings.length > 0);
    assert.equal(first.warnings.length, 1);
    assert.match(first.warnings[0]?.message ?? "", /setupPrimary\(\).*worker/);
  });
});
