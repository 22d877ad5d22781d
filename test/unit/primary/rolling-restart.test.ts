import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Worker } from "node:cluster";
import {
  resolveRestartOptions,
  type RestartOptions,
} from "../../../dist/options";
import { Announcer } from "../../../dist/primary/events";
import { RollingRestart } from "../../../dist/primary/rolling-restart";
import { silence } from "../support/silence";

/** What a restart sees of a worker. It ends when it is disconnected, unless it is to be stubborn. */
class FakeWorker extends EventEmitter {
  readonly process = {
    pid: 0,
    kill: (signal: string) => {
      this.log.push(`${this.id} ${signal}`);
      if (signal === this.endsOn) {
        this.end();
      }
    },
  };
  exitedAfterDisconnect = false;
  isGone = false;
  isOpen = true;

  constructor(
    readonly id: number,
    private readonly log: string[],
    private readonly endsOn: "disconnect" | "SIGTERM" | "SIGKILL",
    private readonly onChange: () => void,
  ) {
    super();
    this.process.pid = 1_000 + id;
  }

  isDead(): boolean {
    return this.isGone;
  }

  isConnected(): boolean {
    return this.isOpen;
  }

  disconnect(): void {
    this.log.push(`${this.id} disconnect`);
    this.isOpen = false;
    if (this.endsOn === "disconnect") {
      this.end();
    }
  }

  end(): void {
    this.isGone = true;
    this.isOpen = false;
    this.emit("exit");
    this.onChange();
  }
}

class Scene {
  readonly log: string[] = [];
  readonly members = new Set<FakeWorker>();
  readonly listening = new Set<FakeWorker>();
  readonly replacements: FakeWorker[] = [];
  readonly announcer = new Announcer();
  readonly restart: RollingRestart;
  drains = true;
  readonly #timers: Array<{ at: number; callback: () => void }> = [];
  #now = 0;

  constructor(options: RestartOptions = {}) {
    this.announcer.emitter.on("restart", ({ phase, worker, done }) =>
      this.log.push(`${worker.id} ${phase}, ${done} done`),
    );
    this.restart = new RollingRestart(
      {
        announcer: this.announcer,
        clock: {
          now: () => this.#now,
          after: (ms, callback) => {
            const timer = { at: this.#now + ms, callback };
            this.#timers.push(timer);
            return () => {
              this.#timers.splice(this.#timers.indexOf(timer), 1);
            };
          },
        },
        relay: {
          isMember: (worker) => this.members.has(worker as never),
          drain: ({ id }, duration) => {
            this.log.push(`${id} drain ${duration}`);
            return this.drains;
          },
        },
        isListening: (worker) => this.listening.has(worker as never),
        fork: () => {
          const replacement = this.worker(10 + this.replacements.length);
          this.replacements.push(replacement);
          return replacement as never;
        },
        hide: ({ id }) => this.log.push(`${id} hide`),
        show: ({ id }) => this.log.push(`${id} show`),
      },
      resolveRestartOptions({
        readyTimeout: 100,
        drainDuration: 50,
        killTimeout: 10,
        ...options,
      }),
    );
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  worker(
    id: number,
    endsOn: "disconnect" | "SIGTERM" | "SIGKILL" = "disconnect",
  ): FakeWorker {
    return new FakeWorker(id, this.log, endsOn, () => this.restart.check());
  }

  /** Starts, and keeps how it ends. */
  run(workers: FakeWorker[]): { outcome: string } {
    const result = { outcome: "" };
    this.restart.run(workers as unknown as Worker[]).then(
      () => (result.outcome = "done"),
      (error: Error) => (result.outcome = error.message),
    );
    return result;
  }

  comeUp(worker = this.replacements[this.replacements.length - 1]!): void {
    this.members.add(worker);
    const node = { uid: "u", nsp: "/", worker: { id: worker.id, pid: 0 } };
    this.announcer.announce("nodeJoin", node);
  }

  drained(id: number): void {
    this.announcer.announce("drained", { worker: { id, pid: 0 } });
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms;
    this.#timers
      .filter(({ at }) => at <= this.#now)
      .forEach(({ callback }) => callback());
    await silence();
  }

  /** What has happened since the last time. */
  async took(): Promise<string[]> {
    await silence();
    return this.log.splice(0);
  }
}

describe("a rolling restart, step by step", () => {
  it("waits for each step before it takes the next", async () => {
    const scene = new Scene();
    const result = scene.run([scene.worker(1), scene.worker(2)]);
    assert.deepEqual(await scene.took(), ["10 hide", "1 forked, 0 done"]);
    scene.comeUp();
    assert.deepEqual(await scene.took(), [
      "10 show",
      "1 hide",
      "1 drain 50",
      "1 ready, 0 done",
    ]);
    scene.drained(1);
    assert.deepEqual(await scene.took(), [
      "1 disconnect",
      "1 drained, 0 done",
      "1 ended, 1 done",
      "11 hide",
      "2 forked, 1 done",
    ]);
    assert.equal(result.outcome, "");
    scene.comeUp();
    await scene.took();
    scene.drained(2);
    await scene.took();
    assert.equal(result.outcome, "done");
    assert.equal(scene.timerCount, 0);
    assert.equal(scene.announcer.emitter.listenerCount("nodeJoin"), 0);
    assert.equal(scene.announcer.emitter.listenerCount("drained"), 0);
  });

  it("waits for a port where the old worker listens on one", async () => {
    const scene = new Scene();
    const old = scene.worker(1);
    scene.listening.add(old);
    scene.run([old]);
    scene.comeUp();
    assert.deepEqual(await scene.took(), ["10 hide", "1 forked, 0 done"]);
    scene.listening.add(scene.replacements[0]!);
    scene.restart.check();
    assert.deepEqual((await scene.took()).slice(0, 2), ["10 show", "1 hide"]);
  });

  it("does not wait for longer than drainDuration and killTimeout until the clients are gone", async () => {
    const scene = new Scene();
    scene.run([scene.worker(1)]);
    scene.comeUp();
    await scene.took();
    await scene.pass(59);
    assert.deepEqual(await scene.took(), []);
    await scene.pass(1);
    assert.equal((await scene.took())[0], "1 disconnect");
  });

  it("does not replace a worker that somebody ends before its turn", async () => {
    const scene = new Scene();
    scene.drains = false;
    const [first, second] = [scene.worker(1), scene.worker(2)];
    const result = scene.run([first, second]);
    second.exitedAfterDisconnect = true;
    scene.comeUp();
    await scene.took();
    assert.equal(result.outcome, "done");
    assert.equal(scene.replacements.length, 1);
  });

  it("does not wait for clients where the worker cannot be asked", async () => {
    const scene = new Scene();
    scene.drains = false;
    const result = scene.run([scene.worker(1)]);
    scene.comeUp();
    await scene.took();
    assert.equal(result.outcome, "done");
  });

  it("asks, then kills", async () => {
    const scene = new Scene();
    scene.drains = false;
    const result = scene.run([scene.worker(1, "SIGKILL")]);
    scene.comeUp();
    await scene.took();
    await scene.pass(10);
    assert.deepEqual(await scene.took(), ["1 SIGTERM"]);
    await scene.pass(10);
    assert.deepEqual(await scene.took(), ["1 SIGKILL", "1 ended, 1 done"]);
    assert.equal(result.outcome, "done");
  });

  it("ends a replacement that is not ready in time, and does not begin with the next worker", async () => {
    const scene = new Scene();
    const result = scene.run([scene.worker(1), scene.worker(2)]);
    await scene.took();
    await scene.pass(100);
    assert.deepEqual(await scene.took(), ["10 disconnect"]);
    assert.equal(
      result.outcome,
      "the restart has stopped after 0 of 2 workers: worker 10 (pid 1010) was not ready within 100 ms. The others go on as before",
    );
    assert.equal(scene.replacements.length, 1);
  });

  it("stops at once when a replacement ends", async () => {
    const scene = new Scene();
    const result = scene.run([scene.worker(1)]);
    scene.replacements[0]!.end();
    await scene.took();
    assert.match(result.outcome, /worker 10 \(pid 1010\) has ended before/);
    assert.equal(scene.timerCount, 0);
  });

  it("marks a replacement that ends before it is ready, and no other one", async () => {
    const scene = new Scene();
    scene.run([scene.worker(1), scene.worker(2)]);
    const marks: boolean[] = [];
    const note = (worker: FakeWorker) =>
      worker.on("exit", () => marks.push(worker.exitedAfterDisconnect));
    const [ready] = scene.replacements;
    note(ready!);
    // `cluster` lets no worker listen that has the mark
    assert.equal(ready!.exitedAfterDisconnect, false);
    scene.comeUp();
    await scene.took();
    scene.drained(1);
    await scene.took();
    ready!.end();
    const [, failing] = scene.replacements;
    note(failing!);
    failing!.end();
    assert.deepEqual(marks, [false, true]);
    await scene.took();
  });

  it("finishes what is under way before it tells of a failure", async () => {
    const scene = new Scene({ concurrency: 2 });
    const result = scene.run([1, 2, 3].map((id) => scene.worker(id)));
    const [first, second] = scene.replacements;
    assert.equal(scene.replacements.length, 2);
    second!.end();
    await scene.took();
    assert.equal(result.outcome, "");
    scene.comeUp(first);
    await scene.took();
    scene.drained(1);
    await scene.took();
    assert.match(result.outcome, /stopped after 1 of 3 workers: worker 11/);
    assert.equal(scene.replacements.length, 2);
  });

  it("passes over workers that are dead", async () => {
    const scene = new Scene();
    const dead = scene.worker(1);
    dead.end();
    const result = scene.run([dead]);
    assert.deepEqual(await scene.took(), []);
    assert.equal(result.outcome, "done");
  });
});
