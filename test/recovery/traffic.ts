import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Socket } from "socket.io-client";
import type { WorkerContext } from "../support/remote";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { Ledger, type Packet } from "../support/ledger";
import { connected, LONG } from "./returning";
import { createClient, Roamer, type RoamerOptions } from "./roamer";

type Fs = typeof import("node:fs");

interface Task {
  readonly sender: string;
  readonly nsp: string;
  readonly perSecond: number;
  readonly rooms: string[];
  /** The file in which each packet is noted before it is sent: what the system has survives the process. */
  readonly book: string;
}

/** Runs in a worker: whoever connects for the first time is put into the rooms that it asks for, and greeted. */
export function welcome({ io }: WorkerContext, nsp: string): void {
  io.of(nsp).on("connection", (socket) => {
    if (!socket.recovered) {
      const { rooms } = socket.handshake.auth as { rooms?: string[] };
      void socket.join(rooms ?? []);
      socket.emit("welcome");
    }
  });
}

/**
 * Runs in a worker: sends packets of all kinds, and some events that cannot be recovered between them. On a busy machine
 * it slows down, so that nobody is swamped.
 */
function begin({ io, require, state }: WorkerContext, task: Task): void {
  const { openSync, writeSync } = require("node:fs") as Fs;
  const { sender, perSecond, rooms } = task;
  const nsp = io.of(task.nsp);
  const book = openSync(task.book, "a");
  const start = Date.now();
  let number = 0;
  let seen = 0;
  nsp.on("connection", (socket) => {
    socket.on(`seen of ${sender}`, (n: number) => (seen = n));
  });
  state[sender] = setInterval(() => {
    const due = Math.floor(((Date.now() - start) * perSecond) / 1_000);
    for (; number < Math.min(due, seen + perSecond); number++) {
      const kind = rooms.length === 0 ? 0 : number % 24;
      const name = rooms[(number + Math.floor(number / 24)) % rooms.length];
      const room = kind > 1 ? name : undefined;
      const except = kind === 1 ? name : undefined;
      writeSync(book, JSON.stringify({ sender, number, room, except }) + "\n");
      const payload = number % 2 === 0 ? "text" : Buffer.from("binary");
      nsp
        .to(room ?? [])
        .except(except ?? [])
        .emit("packet", sender, number, payload);
      if (kind === 0) {
        nsp.volatile.emit("noise", "volatile");
        nsp.local.emit("noise", "local");
      }
    }
  }, 5);
}

/** Runs in a worker. */
function end({ io, state }: WorkerContext, { sender, nsp }: Task): void {
  clearInterval(state[sender] as NodeJS.Timeout);
  io.of(nsp).emit("end", sender);
}

export interface TrafficOptions {
  nsp?: string;
  rooms?: string[];
  parser?: RoamerOptions["parser"];
  hasOneOrder?: boolean;
}

/** Workers that publish, clients that roam, and the ledger of both. */
export class Traffic {
  readonly ledger: Ledger;
  readonly roamers: Roamer[] = [];
  readonly #nsp: string;
  readonly #rooms: string[];
  readonly #parser: RoamerOptions["parser"];
  readonly #pacers = new Map<TestWorker, Socket>();
  readonly #directory = mkdtempSync(join(tmpdir(), "traffic-"));
  readonly #running = new Map<TestWorker, Task>();
  readonly #tasks: Task[] = [];
  readonly #ended: string[] = [];

  constructor({
    nsp = "/",
    rooms = [],
    parser,
    hasOneOrder = true,
  }: TrafficOptions = {}) {
    this.#parser = parser;
    this.ledger = new Ledger(hasOneOrder);
    this.#nsp = nsp;
    this.#rooms = rooms;
  }

  async connect(
    place: { url: string },
    rooms: string[] = [],
    options: RoamerOptions = {},
  ): Promise<Roamer> {
    const name = `client ${this.roamers.length}`;
    const roamer = await Roamer.connect(
      place,
      this.ledger.reader(name, rooms),
      { nsp: this.#nsp, parser: this.#parser, ...options },
    );
    this.roamers.push(roamer);
    return roamer;
  }

  /** A worker begins to publish, unless it does already. */
  async publish(worker: TestWorker, perSecond: number): Promise<void> {
    if (this.#running.has(worker)) {
      return;
    }
    const sender = `sender ${this.#tasks.length}`;
    const book = join(this.#directory, `${this.#tasks.length}`);
    const task = {
      sender,
      nsp: this.#nsp,
      perSecond,
      rooms: this.#rooms,
      book,
    };
    this.#tasks.push(task);
    this.#running.set(worker, task);
    await worker.run(begin, task);
    await this.#pace(worker, sender);
  }

  /** A client that tells a worker how far behind it is. */
  async #pace(worker: TestWorker, sender: string): Promise<void> {
    const pacer = createClient(worker.url + this.#nsp, {
      auth: { rooms: this.#rooms },
      parser: this.#parser,
    });
    this.#pacers.set(worker, pacer);
    pacer.on("packet", (from: string, number: number) => {
      if (from === sender && number % 10 === 0) {
        pacer.emit(`seen of ${sender}`, number);
      }
    });
    await connected(pacer);
  }

  /** A worker was killed. */
  noteKilled(worker: TestWorker): void {
    const task = this.#running.get(worker);
    if (task) {
      this.#running.delete(worker);
      this.ledger.noteKilled(task.sender);
    }
  }

  /** A worker stops to publish. */
  async endOf(worker: TestWorker): Promise<void> {
    const task = this.#running.get(worker);
    if (task) {
      this.#running.delete(worker);
      await worker.run(end, task);
      this.#pacers.get(worker)?.disconnect();
      this.#ended.push(task.sender);
    }
  }

  /** All stop to publish; everything is as it should be. */
  async settle(): Promise<void> {
    for (const worker of this.#running.keys()) {
      await this.endOf(worker);
    }
    for (const roamer of this.roamers) {
      await waitFor(
        () =>
          roamer.isConnected &&
          this.#ended.every((sender) => roamer.ended.has(sender)),
        { deadline: LONG, message: "all clients have seen the end" },
      );
    }
    for (const { book } of this.#tasks) {
      for (const line of readFileSync(book, "utf8").split("\n")) {
        if (line !== "") {
          this.ledger.publish(JSON.parse(line) as Packet);
        }
      }
    }
    assert.deepEqual(this.ledger.findings(), []);
  }

  close(): void {
    this.roamers.forEach((roamer) => roamer.close());
    this.#pacers.forEach((pacer) => pacer.disconnect());
    rmSync(this.#directory, { recursive: true });
  }
}
