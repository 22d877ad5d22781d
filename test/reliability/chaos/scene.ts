import { resolve } from "node:path";
import { type TestCluster, startCluster } from "../../support/cluster";
import type { ExitInfo } from "../../support/process";
import { describeExit } from "../../support/process";
import { waitFor } from "../../support/wait";
import type {
  Kind,
  TestWorker,
  WorkerSettings,
  WorkerSpec,
} from "../../support/worker";
import { type Letter, enlist, letters } from "./agent";
import { ChaosClient, type ClientEvents } from "./clients";
import { type Sent, type Standing, dutyTo, isRecoverable } from "./duties";
import { Ledger, type Reader } from "../../support/ledger";
import {
  type Action,
  type ClientPlan,
  type Flavour,
  NAMESPACES,
  type Plan,
  type Round,
} from "./plan";

// a busy machine may bring something after that time
const STALL = 8_000;
// what makes a worker answer late
const DELAYS = new Set<Action["do"]>(["stop", "block", "slow", "garbage"]);

interface Op extends Sent {
  readonly ledger: Ledger;
}

/** The cluster, its clients, and what is known of the round that is under way. */
export class Scene {
  readonly violations: string[] = [];
  readonly counts = new Map<string, number>();
  readonly clients: ChaosClient[] = [];
  /** The workers that nobody uses any more, as they are about to end. */
  readonly doomed = new Set<TestWorker>();
  /** The workers that may end at any time. */
  readonly mayEnd = new Set<TestWorker>();
  readonly stopped = new Set<TestWorker>();
  /** The processes of this version whose backlog was discarded in this round, by their number. */
  readonly overflown = new Set<number>();
  overflowCount = 0;
  /** The clients that were not recovered, and should have been. */
  readonly forgotten = new Set<string>();
  /**
   * The namespaces whose first client may have gone before it was connected: Socket.IO keeps those.
   *
   * @see https://github.com/socketio/socket.io/blob/main/packages/socket.io/lib/parent-namespace.ts
   */
  readonly abandoned = new Set<string>();
  /** How many intervals each worker has when it is at rest. */
  readonly intervals = new Map<TestWorker, number>();
  /** What was done that explains a warning. */
  readonly deeds = new Set<string>();
  /** Whether there is a reason for a request to take long, in this round. */
  mayTimeOut = false;
  #ledgers = new Map<string, Ledger>();
  #readers = new Map<string, Reader>();
  #standings = new WeakMap<Reader, Standing>();
  #ops = new Map<string, Op>();
  #seen = new Set<TestWorker>();
  #opCount = 0;

  private constructor(
    readonly plan: Plan,
    private readonly settings: WorkerSettings,
    readonly cluster: TestCluster,
  ) {}

  /** @param limits - in the place of those that the plan asks for */
  static async open(plan: Plan, limits = limitsOf(plan)): Promise<Scene> {
    const { mode, serialization, workers } = plan.config;
    const settings = settingsOf(plan);
    const scene = new Scene(
      plan,
      settings,
      await startCluster({
        primary: mode === "below" ? "published" : "ours",
        primaryArgs: mode === "below" ? [] : [limits],
        serialization,
        workerScript: resolve(
          __dirname,
          "../../../test/fixtures/chaos/worker.js",
        ),
        ...settings,
        workers: Array.from({ length: workers }, (_, i): Kind => {
          const hasOld = mode === "mixed" || mode === "below";
          return hasOld && i % 2 === 1 ? "published" : "ours";
        }),
      }),
    );
    if (scene.hasEmitter) {
      await enlist(scene.cluster.primary);
    }
    scene.clients.push(
      ...plan.clients.map((client, i) => scene.createClient(i, client)),
    );
    scene.watch();
    return scene;
  }

  get isOrdered(): boolean {
    return this.plan.config.mode === "recovery";
  }

  get hasEmitter(): boolean {
    return this.plan.config.mode !== "below";
  }

  /** How the harness starts one more worker. */
  specOf(kind: Kind): WorkerSpec {
    return { ...this.settings, kind };
  }

  /** The workers that can be reached. */
  get workers(): TestWorker[] {
    return this.cluster.alive.filter(
      (worker) => worker.port > 0 && !this.doomed.has(worker),
    );
  }

  /** The worker whose turn it is. */
  pick(slot: number): TestWorker | undefined {
    const { workers } = this;
    return workers[Math.max(slot, 0) % workers.length];
  }

  isExpectedToEnd(worker: TestWorker): boolean {
    return this.doomed.has(worker) || this.mayEnd.has(worker);
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  report(violation: string): void {
    this.violations.push(violation);
  }

  createClient(name: number | string, plan: ClientPlan): ChaosClient {
    const events: ClientEvents = {
      letter: (client, letter) => this.#onLetter(client, letter),
      session: (client) => {
        this.count("sessions");
        this.read(client, false);
      },
      recovered: () => this.count("recovered"),
      forgotten: (client) => {
        if (this.isOrdered) {
          this.forgotten.add(client.name);
        }
      },
      workers: () => this.workers,
      hasSlowMiddlewares: this.plan.config.hasSlowMiddlewares,
    };
    return new ChaosClient(name, plan, events, this.plan.config.parser);
  }

  /** Everyone begins with a clean slate. */
  beginRound({ steps }: Round): void {
    const { mode, tight } = this.plan.config;
    this.mayTimeOut =
      mode === "mixed" ||
      mode === "below" ||
      tight === "backlog" ||
      steps.some(({ action }) => DELAYS.has(action.do));
    this.#ledgers = new Map(
      NAMESPACES.map((nsp) => [nsp, new Ledger(this.isOrdered)]),
    );
    this.#readers.clear();
    this.#ops.clear();
    this.overflown.clear();
    this.forgotten.clear();
    for (const client of this.clients) {
      client.farewells = 0;
      this.read(client, true);
    }
    for (const worker of this.workers) {
      for (const nsp of NAMESPACES) {
        this.#readServer(worker, nsp);
      }
    }
  }

  get ledgers(): Ledger[] {
    return Array.from(this.#ledgers.values());
  }

  /** From here on, what a client receives is written down. */
  read(client: ChaosClient, isFromStart: boolean): void {
    const { name, nsp, session, losses, rooms } = client;
    const worker = client.worker as TestWorker;
    const reader = this.ledgerOf(nsp).reader(`${name}#${session}`);
    this.#readers.set(name, reader);
    this.#standings.set(reader, {
      client,
      worker,
      session,
      interruptions: losses.length,
      rooms: new Set([name, ...rooms]),
      isFromStart,
    });
  }

  #readServer(worker: TestWorker, nsp: string): void {
    const name = `worker ${worker.id}`;
    const reader = this.ledgerOf(nsp).reader(name);
    this.#readers.set(name + nsp, reader);
    this.#standings.set(reader, {
      worker,
      session: 0,
      interruptions: 0,
      rooms: new Set(),
      isFromStart: true,
    });
  }

  ledgerOf(nsp: string): Ledger {
    let ledger = this.#ledgers.get(nsp);
    if (!ledger) {
      ledger = new Ledger(this.isOrdered);
      this.#ledgers.set(nsp, ledger);
    }
    return ledger;
  }

  /** Writes down that something is about to be sent, and gives it a name. */
  dispatch(nsp: string, count: number, sent: Sent, op = this.nextOp()): string {
    const ledger = this.ledgerOf(nsp);
    this.#ops.set(op, { ...sent, ledger });
    const circumstances = {
      isOrdered: this.isOrdered,
      hasOverflown: ({ id }: TestWorker) => this.overflown.has(id),
    };
    for (let number = 0; number < count; number++) {
      ledger.publish({
        sender: op,
        number,
        isOrdered: isRecoverable(sent),
        dutyTo: (reader) =>
          dutyTo(this.#standings.get(reader) as Standing, sent, circumstances),
      });
    }
    return op;
  }

  nextOp(): string {
    return `op${++this.#opCount}`;
  }

  /** Whatever a sender says from here on, it may have been cut off. */
  noteCut(op: string): void {
    this.#ops.get(op)?.ledger.noteKilled(op);
  }

  noteGone(worker: TestWorker): void {
    for (const [op, { sender }] of this.#ops) {
      if (sender === worker) {
        this.noteCut(op);
      }
    }
  }

  hasLetter(client: ChaosClient, op: string): boolean {
    return this.#readers.get(client.name)?.has(op, 0) ?? false;
  }

  /**
   * Resolves when nobody misses anything, or when nothing has come for a long time: what is missing then is lost.
   *
   * @param look - what has to be done to see what has come
   */
  async arrival(
    ledgers: readonly Ledger[],
    look: () => Promise<void> = async () => {},
  ): Promise<void> {
    let least = Infinity;
    let end = 0;
    await waitFor(
      async () => {
        await look();
        const missing = ledgers.flatMap((ledger) => ledger.missing()).length;
        if (missing < least) {
          least = missing;
          end = Date.now() + STALL;
        }
        return missing === 0 || Date.now() > end;
      },
      { deadline: 120_000 },
    );
  }

  /** What a server has received. */
  noteServerLetter(worker: TestWorker, { nsp, ...letter }: ServerLetter): void {
    const reader = this.#readers.get(`worker ${worker.id}${nsp}`);
    reader?.receive(letter.op, letter.i, this.#arrivalOf(letter, worker));
  }

  #onLetter(client: ChaosClient, letter: Letter): void {
    // what the misuse of emit() has sent, should it have sent anything
    if (typeof letter?.op !== "string") {
      this.report(`${client.name} has a packet that nobody has sent`);
      return;
    }
    const op = this.#ops.get(letter.op);
    const flavour = op?.flavour;
    if (op && flavour && !letters.isWhole(letter, flavour as Flavour)) {
      this.report(`${client.name} has ${letter.i} of ${letter.op} damaged`);
    }
    this.#readers
      .get(client.name)
      ?.receive(letter.op, letter.i, this.#arrivalOf(letter, client.worker));
  }

  #arrivalOf({ op, t }: Letter, worker: TestWorker | undefined) {
    const sent = this.#ops.get(op);
    const { sender } = sent ?? {};
    const isOld = sender?.kind === "published";
    const name = sender ? `worker ${sender.id}` : "the primary";
    return {
      // 0.3.0 keeps the order of what it sends in one way only
      line: sent ? `${name}${isOld ? ` ${sent.flavour}` : ""}` : op,
      place: t,
      isLocal:
        sender !== undefined &&
        sender === worker &&
        !(this.isOrdered && sent && isRecoverable(sent)),
    };
  }

  /** Looks after workers that it has not seen before, whoever has forked them. */
  watch(): void {
    for (const worker of this.cluster.workers) {
      if (!this.#seen.has(worker)) {
        this.#seen.add(worker);
        void worker.exited.then((exit) => this.#onExit(worker, exit));
      }
    }
  }

  #onExit(worker: TestWorker, exit: ExitInfo): void {
    this.noteGone(worker);
    this.stopped.delete(worker);
    if (!this.isExpectedToEnd(worker)) {
      this.report(describeExit(`worker ${worker.id} (${worker.kind})`, exit));
    }
  }
}

type ServerLetter = Letter & { nsp: string };

function settingsOf({ config }: Plan): WorkerSettings {
  const { mode, parser, patience, hasSlowMiddlewares } = config;
  return {
    parser,
    env: { SLOW_MIDDLEWARES: hasSlowMiddlewares ? "1" : "" },
    adapterOptions: {
      heartbeatInterval: 500,
      heartbeatTimeout: patience === "short" ? 1_500 : 12_000,
      // a busy machine is no reason to fail
      requestsTimeout: 8_000,
    },
    serverOptions: {
      cleanupEmptyChildNamespaces: true,
      connectTimeout: 5_000,
      ...(mode !== "plain" && {
        connectionStateRecovery: {
          maxDisconnectionDuration: 120_000,
          skipMiddlewares: !hasSlowMiddlewares,
        },
      }),
    },
  };
}

/** @returns the arguments of `setupPrimary()` */
function limitsOf({ config: { tight } }: Plan): object {
  switch (tight) {
    case "backlog":
      return { maxBacklogMessages: 60, maxBacklogBytes: 500_000 };
    case "log":
      return { maxLogEntries: 300 };
    case "sessions":
      return { maxSessions: 5 };
    default:
      return {};
  }
}
