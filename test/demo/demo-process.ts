import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const ROOT = path.join(__dirname, "..", "..");
const PRIMARY = path.join(ROOT, "examples", "demo", "primary.js");
const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
const POLL_MS = 10;

export const BROKEN_WORKER = path.join(
  ROOT,
  "test",
  "demo",
  "broken-worker.js",
);

export interface WorkerName {
  id: number;
  pid: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const running = new Set<DemoProcess>();

/** The demo as a newcomer runs it: a process of its own, known by what it prints. */
export class DemoProcess {
  readonly exit: Promise<Exit>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;

  constructor(
    args: string[],
    { execArgv = [] as string[], detached = false } = {},
  ) {
    this.#child = spawn(process.execPath, [...execArgv, PRIMARY, ...args], {
      cwd: ROOT,
      detached,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout
      ?.setEncoding("utf8")
      .on("data", (text: string) => (this.stdout += text));
    this.#child.stderr
      ?.setEncoding("utf8")
      .on("data", (text: string) => (this.stderr += text));
    running.add(this);
    this.exit = once(this.#child, "close").then(([code, signal]: unknown[]) => {
      running.delete(this);
      return { code, signal } as Exit;
    });
  }

  /** A demo on a free port that has printed everything that it prints at its start. */
  static async start(args: string[] = [], options = {}): Promise<DemoProcess> {
    const demo = new DemoProcess(["--port", "0", ...args], options);
    await demo.prints(/Open http\S+ in two tabs/);
    return demo;
  }

  get pid(): number {
    assert.ok(this.#child.pid !== undefined, "the demo has been started");
    return this.#child.pid;
  }

  get url(): string {
    const [, url] = /Open (http\S+)/.exec(this.stdout) ?? [];
    assert.ok(
      url !== undefined,
      `the demo has printed its URL: ${this.stdout}`,
    );
    return url;
  }

  /** All workers that the demo has named so far, the ones that have ended included. */
  get workers(): WorkerName[] {
    const byId = new Map<number, WorkerName>();
    for (const [, id, pid] of this.stdout.matchAll(/(\d+) \(pid (\d+)\)/g)) {
      byId.set(Number(id), { id: Number(id), pid: Number(pid) });
    }
    return [...byId.values()];
  }

  async prints(expected: RegExp): Promise<void> {
    let exit: Exit | undefined;
    void this.exit.then((value) => (exit = value));
    await until(
      () => expected.test(this.stdout) || exit !== undefined,
      START_DEADLINE_MS,
      () => {
        return `the demo prints ${expected}: ${this.stdout}${this.stderr}`;
      },
    );
    assert.match(this.stdout, expected, this.stderr);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What Ctrl-C does in a terminal: the signal reaches the primary and the workers. Needs `detached`. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  async stop(): Promise<void> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.#kill(), STOP_DEADLINE_MS);
    await this.exit;
    clearTimeout(timer);
  }

  /** A worker that outlives its primary keeps the pipes open, so the demo has not ended before all of them have. */
  #kill(): void {
    this.signal("SIGKILL");
    for (const { pid } of this.workers.filter(({ pid }) => isAlive(pid))) {
      process.kill(pid, "SIGKILL");
    }
  }
}

export async function stopAllDemos(): Promise<void> {
  await Promise.all([...running].map((demo) => demo.stop()));
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  deadlineMs: number,
  what: () => string | Promise<string>,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() >= deadline) {
      assert.fail(`within ${deadlineMs} ms ${await what()}`);
    }
    await delay(POLL_MS);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** An orphan that has ended stays in the process table where nothing reaps it, as in many containers. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
