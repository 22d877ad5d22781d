import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { io, type Socket } from "socket.io-client";
import { until, type WorkerName } from "./demo-process";

const DEADLINE_MS = 10_000;

export interface Message {
  text: string;
  from: WorkerName;
  sender: string;
}

export interface Answer {
  error?: string;
}

export interface WorkerState extends WorkerName {
  tabs: number;
  state: "starting" | "serving" | "frozen" | "leaving";
}

/** The ledger of the page. */
export interface Ledger {
  readonly received: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  readonly last: Record<string, number>;
  knows(senders: number[]): void;
  restart(): void;
  take(from: number, n: number): void;
}

export async function loadLedger(): Promise<new () => Ledger> {
  const file = path.join(__dirname, "../../examples/demo/page/ledger.mjs");
  const page = (await import(pathToFileURL(file).href)) as {
    Ledger: new () => Ledger;
  };
  return page.Ledger;
}

/** A tab without a browser. */
export class Tab {
  readonly messages: Message[] = [];
  readonly welcomes: WorkerName[] = [];
  readonly notes: string[] = [];
  /** Whether the session was recovered, each time that the tab has connected. */
  readonly recovered: boolean[] = [];
  workers: WorkerState[] = [];
  ledger: Ledger | undefined;
  readonly socket: Socket;

  constructor(url: string, transports: string[] = ["polling", "websocket"]) {
    this.socket = io(url, {
      transports,
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      timeout: 3_000,
    });
    this.socket.on("connect", () => this.recovered.push(this.socket.recovered));
    this.socket.on(
      "welcome",
      ({ worker }: { worker: WorkerName }, ack: () => void) => {
        ack();
        this.welcomes.push(worker);
      },
    );
    this.socket.on("message", (message: Message) =>
      this.messages.push(message),
    );
    this.socket.on("note", (note: string) => this.notes.push(note));
    this.socket.on("history", ({ workers }: { workers: WorkerState[] }) => {
      this.workers = workers;
      this.ledger?.knows([0, ...workers.map(({ id }) => id)]);
    });
    this.socket.on("workers", (workers: WorkerState[]) => {
      this.workers = workers;
    });
    this.socket.on("packet", ({ from, n }: { from: number; n: number }) =>
      this.ledger?.take(from, n),
    );
  }

  get worker(): WorkerName {
    const worker = this.welcomes.at(-1);
    assert.ok(worker, "the tab has been welcomed");
    return worker;
  }

  async send(...args: unknown[]): Promise<Answer> {
    return (await this.socket
      .timeout(DEADLINE_MS)
      .emitWithAck("message", ...args)) as Answer;
  }

  async command(...args: unknown[]): Promise<Answer> {
    return (await this.socket
      .timeout(DEADLINE_MS)
      .emitWithAck("command", ...args)) as Answer;
  }

  async receives(text: string): Promise<Message> {
    const find = () => this.messages.find((message) => message.text === text);
    await until(
      () => find() !== undefined,
      DEADLINE_MS,
      () => `"${text}" arrives: ${JSON.stringify(this.messages)}`,
    );
    return find() as Message;
  }

  /** Waits until the workers are in these states, in the order of their boxes. */
  async shows(states: WorkerState["state"][]): Promise<void> {
    await until(
      () => this.workers.map(({ state }) => state).join() === states.join(),
      DEADLINE_MS,
      () => `the workers are ${states}: ${JSON.stringify(this.workers)}`,
    );
  }
}

/** The tabs of a test. */
export class Tabs {
  readonly all: Tab[] = [];

  async open(url: string, transports?: string[]): Promise<Tab> {
    const tab = new Tab(url, transports);
    this.all.push(tab);
    await until(
      () => tab.welcomes.length > 0 && tab.workers.length > 0,
      DEADLINE_MS,
      () => "a worker welcomes the tab",
    );
    return tab;
  }

  async openOnAnotherWorker(url: string, first: Tab): Promise<Tab> {
    for (let attempts = 0; attempts < 10; attempts++) {
      const tab = await this.open(url);
      if (tab.worker.id !== first.worker.id) {
        return tab;
      }
    }
    return assert.fail("all tabs are on one worker");
  }

  close(): void {
    for (const tab of this.all.splice(0)) {
      tab.socket.disconnect();
    }
  }
}
