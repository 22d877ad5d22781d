import assert from "node:assert/strict";
import { MessageType } from "socket.io-adapter";
import { Announcer } from "../../../dist/primary/events";
import { Relay } from "../../../dist/primary/relay";
import { drainedMessage, framesMessage } from "../../../dist/wire/fast";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import { WIRE_VERSION } from "../../../dist/wire/frames";
import { firstNumberOf, isOrdered } from "../../../dist/wire/ordered-section";
import {
  encodeSession,
  SessionOp,
  type SessionMessage,
} from "../../../dist/wire/session-messages";
import { readCorpus, uidOf, type Recorded } from "../corpus";
import type { Target } from "../fuzzer";
import { sectionsOf } from "./decoder";
import { PREFIX, windowsOf } from "./windows";

const WORKERS = [1, 2, 3];
const LIMITS = {
  maxBacklogBytes: 1e5,
  maxBacklogMessages: 20,
  maxLogBytes: 1e6,
  maxLogEntries: 6,
  maxSessions: 2,
};
const CANARY = ["canary 1", "canary 2"] as const;

/** What a step may be; after a mutation, anything else, too. */
interface Step {
  readonly from?: unknown;
  readonly message?: unknown;
  readonly forked?: unknown;
  readonly found?: unknown;
  readonly left?: unknown;
  /** The oldest write to that worker is through. */
  readonly taken?: unknown;
  /** So many ms pass. */
  readonly passed?: unknown;
  /** The primary itself asks the workers something. */
  readonly asked?: unknown;
}

/** The primary takes any message, goes on to relay those of others, and forgets all who are gone. */
export function primary(): Target {
  const seeds = Array.from(readCorpus().values()).flatMap((session) => {
    const said = session.filter(isFromWorker);
    // who returns asks for what was said long before
    const windows = [...windowsOf(said), said, ofOneClient(said)];
    return windows.map((steps) => [
      ...steps,
      { asked: steps.length },
      { passed: 500 },
      { found: 3 },
      { taken: 1 },
      { left: 2 },
    ]);
  });
  return {
    name: "primary",
    seeds,
    async run(steps) {
      const scene = new Scene();
      for (const step of steps) {
        scene.take(Object(step) as Step);
      }
      await scene.check();
    },
  };
}

/** All that workers may say of a client that returns twice, with what it has missed. */
function ofOneClient(said: readonly Recorded[]): Recorded[] {
  const term = { pid: "pid", term: 1 };
  const again = { pid: "pid", term: 2 };
  const { OPEN, DATA, LATE, JOIN, LEAVE, RESTORE, CLOSED, DETACH } = SessionOp;
  const offset = "epoch1.-------0";
  const data = Buffer.from("{}");
  return [
    ...said.slice(0, PREFIX),
    say(said, 1, {
      op: OPEN,
      pid: "pid",
      sid: "sid",
      rooms: ["r"],
      at: 0,
      data,
    }),
    say(said, 1, { op: DATA, ...term, data }),
    say(said, 1, { op: JOIN, ...term, rooms: ["late"], at: 0 }),
    say(said, 1, { op: LEAVE, ...term, rooms: ["r"], at: 0 }),
    ...said.filter(hasNumbers).slice(0, 4),
    say(said, 2, { op: RESTORE, id: 0, pid: "pid", offset }),
    say(said, 1, { op: CLOSED, ...term }),
    say(said, 2, { op: LATE, ...again, number: 2 }),
    say(said, 2, { op: DETACH, ...again }),
    say(said, 1, { op: RESTORE, id: 1, pid: "pid", offset }),
    say(said, 1, { op: SessionOp.PROGRESS, epoch: "epoch1", number: 2 }),
    say(said, 1, { op: SessionOp.END, pid: "pid", term: 3 }),
    { from: 2, message: drainedMessage("") },
  ];
}

function say(
  said: readonly Recorded[],
  from: number,
  message: SessionMessage,
): Recorded {
  const uid = uidOf(said, from) ?? "";
  const writer = new FrameWriter();
  writer.writeSession({ uid, nsp: "/" }, "primary", encodeSession(message));
  return { from, message: framesMessage(uid, writer.take()) };
}

function hasNumbers({ message }: Recorded): boolean {
  return sectionsOf(message).some(isOrdered);
}

function isFromWorker({ from }: Recorded): boolean {
  return from !== undefined;
}

class Scene {
  readonly #relay: Relay<unknown>;
  readonly #sent: Array<{ to: unknown; message: object }> = [];
  readonly #underWay: Array<{ to: unknown; callback: () => void }> = [];
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  #now = 0;

  constructor() {
    this.#relay = new Relay<unknown>({
      ...LIMITS,
      announcer: new Announcer(),
      nameOf: () => ({ id: 0, pid: undefined }),
      clock: {
        now: () => this.#now,
        after: (ms, callback) => {
          const timer = { at: this.#now + ms, callback };
          this.#timers.add(timer);
          return () => this.#timers.delete(timer);
        },
      },
      send: (to, message, callback) => {
        this.#sent.push({ to, message });
        this.#underWay.push({ to, callback });
      },
    });
  }

  take(step: Step): void {
    const { from, message, forked, found, left, taken, passed, asked } = step;
    if (from !== undefined) {
      this.#relay.onMessage(workerOf(from), message);
    } else if (forked !== undefined) {
      this.#relay.onFork(workerOf(forked));
    } else if (found !== undefined) {
      this.#relay.onFound(workerOf(found));
    } else if (left !== undefined) {
      this.#relay.onLeave(workerOf(left));
    } else if (taken !== undefined) {
      this.#takeOne(workerOf(taken));
    } else if (typeof passed === "number" && passed >= 0 && passed < 1e6) {
      this.#pass(passed);
    } else if (typeof asked === "number") {
      this.#ask(asked);
    }
  }

  /** Two more workers hear each other, whoever else is there. Then all leave, and two others share an order. */
  async check(): Promise<void> {
    this.#checkEvent();
    [...WORKERS, ...CANARY].forEach((worker) => this.#relay.onLeave(worker));
    const { workers, recovery } = this.#relay.stats();
    assert.deepEqual(workers, []);
    assert.ok(recovery.log.packets <= LIMITS.maxLogEntries);
    this.#checkOrder();
    await Promise.resolve();
  }

  #come(offer: object): void {
    this.#takeAll();
    CANARY.forEach((worker) => {
      this.#relay.onFork(worker);
      this.#relay.onMessage(worker, { ...plain(worker, 1), ...offer });
    });
    this.#takeAll();
    this.#sent.length = 0;
  }

  #checkEvent(): void {
    const [one, other] = CANARY;
    // they are of 0.3.0
    this.#come({});
    const event = {
      ...plain(one, MessageType.BROADCAST),
      data: {
        packet: { type: 2, data: ["canary"], nsp: "/" },
        opts: { rooms: [], except: [], flags: {} },
      },
    };
    this.#relay.onMessage(one, event);
    this.#takeAll();
    const heard = this.#sent.filter(({ to }) => to === other);
    assert.deepEqual(
      heard.map(({ message }) => message),
      [event],
    );
  }

  #checkOrder(): void {
    const [one, other] = CANARY;
    const recovery = { maxDisconnectionDuration: 1_000, noticeAfter: 1_000 };
    this.#come({ wire: Buffer.of(WIRE_VERSION), recovery });
    const opts = { rooms: new Set<string>(), flags: {} };
    const writer = new FrameWriter();
    const origin = { uid: one, nsp: "/" };
    writer.writeOrdered(origin, opts, ['2["e"]'], undefined, true);
    this.#relay.onMessage(one, framesMessage(one, writer.take()));
    this.#takeAll();
    const sections = this.#sent.flatMap(({ to, message }) =>
      sectionsOf(message).map((section) => ({ to, section })),
    );
    assert.deepEqual(
      sections.map(({ to, section }) => [to, firstNumberOf(section)]),
      [
        [one, 1],
        [other, 1],
      ],
    );
  }

  #ask(kind: number): void {
    const { speaker } = this.#relay;
    const opts = { rooms: new Set<string>() };
    const answers = [
      () => speaker.broadcastWithAck("/", ["e"], opts, 1_000),
      () => speaker.serverSideEmitWithAck("/", ["e"], 1_000),
      () => speaker.fetchSockets("/", opts, 1_000),
    ][kind % 3];
    // it may wait in vain
    void answers?.().catch(() => {});
  }

  #takeOne(worker: unknown): void {
    const at = this.#underWay.findIndex(({ to }) => to === worker);
    if (at >= 0) {
      this.#underWay.splice(at, 1)[0]?.callback();
    }
  }

  #takeAll(): void {
    for (let i = 0; this.#underWay.length > 0; i++) {
      assert.ok(i < 10_000, "writes without an end");
      this.#underWay.shift()?.callback();
    }
  }

  #pass(ms: number): void {
    this.#now += ms;
    this.#timers.forEach((timer) => {
      if (timer.at <= this.#now) {
        this.#timers.delete(timer);
        timer.callback();
      }
    });
    for (let i = 0; i < 4; i++) {
      this.#relay.tick();
    }
  }
}

function workerOf(value: unknown): number {
  return WORKERS[Math.abs(Math.trunc(Number(value))) % 3] ?? 1;
}

function plain(uid: string, type: number): object {
  return { source: "_sio_adapter", uid, nsp: "/", type };
}
