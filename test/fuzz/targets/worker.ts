import assert from "node:assert/strict";
import crypto from "node:crypto";
import { MessageType } from "socket.io-adapter";
import { readFrames } from "../../../dist/wire/frame-reader";
import { framesMessage } from "../../../dist/wire/fast";
import {
  echoOf,
  isEcho,
  isOrdered,
  setFirstNumber,
} from "../../../dist/wire/ordered-section";
import { decodeSession, SessionOp } from "../../../dist/wire/session-messages";
import { ModelClient } from "../../model/model-client";
import { ModelWorker } from "../../model/model-worker";
import { quiet } from "../../model/surroundings";
import { stub } from "../../unit/support/stub";
import { readCorpus, uidOf, type Recorded } from "../corpus";
import type { Target } from "../fuzzer";
import { sectionsOf } from "./decoder";
import { windowsOf } from "./windows";

export const PID = "p".repeat(20);
/** The number of the worker. */
export const WORKER = 2;
export const LOST: Step = { lost: true };
export const END: readonly Step[] = [
  { emitted: "r" },
  { joined: "r" },
  LOST,
  { passed: 1_000 },
];

/** What a step may be; after a mutation, anything else, too. */
export interface Step {
  readonly to?: unknown;
  readonly message?: unknown;
  /** What a client says when it returns. */
  readonly ticket?: unknown;
  /** The oldest client loses its connection. */
  readonly lost?: unknown;
  /** The server emits an event to a room. */
  readonly emitted?: unknown;
  /** All sockets join a room. */
  readonly joined?: unknown;
  /** Whether clients wait for a middleware from now on. */
  readonly slow?: unknown;
  /** So many ms pass. */
  readonly passed?: unknown;
}

/** A worker takes any message and any ticket, and goes on to give its clients what is for them. */
export function worker(): Target {
  return {
    name: "worker",
    seeds: Array.from(readCorpus()).flatMap(seedsOf),
    run,
  };
}

function seedsOf([name, session]: [string, Recorded[]]): object[][] {
  const beginning = {
    uid: uidOf(session, WORKER),
    recovers: name.startsWith("ordered"),
  };
  return windowsOf(stepsOf(session)).map((window) => [
    beginning,
    { ticket: undefined },
    ...window,
    ...END,
  ]);
}

/** What was said to the worker, with the tickets of those who returned. */
export function stepsOf(session: readonly Recorded[]): object[] {
  return session.filter(({ to }) => to === WORKER).flatMap(withTicket);
}

/** Takes steps, one after the other, and checks what must be true in the end. */
export async function run(steps: readonly unknown[]): Promise<void> {
  const errors: unknown[] = [];
  process.setUncaughtExceptionCaptureCallback((error) => errors.push(error));
  try {
    const scene = new Scene(Object(steps[0]) as Beginning);
    for (const step of steps) {
      await scene.take(Object(step) as Step);
    }
    await scene.check();
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
  if (errors.length > 0) {
    throw errors[0];
  }
}

interface Beginning {
  /** That of the recorded worker, to which messages are addressed. */
  readonly uid?: unknown;
  readonly recovers?: unknown;
}

/** Before a session is given away, a client has to ask for it. */
function withTicket(recorded: Recorded): object[] {
  const isAnswer = sectionsOf(recorded.message).some((section) => {
    if (isEcho(section)) {
      return false;
    }
    let isRestored = false;
    readFrames(section, {
      onOrigin: () => {},
      onPacket: () => {},
      onMessage: () => {},
      onSession: (body) => {
        isRestored ||= decodeSession(body)?.op === SessionOp.RESTORED;
      },
    });
    return isRestored;
  });
  return isAnswer
    ? [{ ticket: { pid: PID, offset: "epoch1.-------1" } }, recorded]
    : [recorded];
}

class Scene {
  readonly #worker: ModelWorker;
  readonly #recovers: boolean;
  #isSlow = false;

  constructor({ uid, recovers }: Beginning) {
    this.#recovers = recovers === true;
    const bytes = Buffer.from(String(uid), "hex");
    const { randomBytes } = crypto;
    const restore = stub(crypto, "randomBytes", (size: number) =>
      size === bytes.length ? bytes : randomBytes(size),
    );
    this.#worker = new ModelWorker(
      WORKER,
      {
        hasMiddleware: true,
        ...(this.#recovers && {
          serverOptions: {
            connectionStateRecovery: { skipMiddlewares: false },
          },
        }),
      },
      (socket) => void socket.join("r"),
    );
    restore();
  }

  async take(step: Step): Promise<void> {
    const { to, message, ticket, lost, emitted, joined, slow, passed } = step;
    if (to !== undefined) {
      this.#worker.receive(message as object);
    } else if ("ticket" in step) {
      this.#connect(ticket);
    } else if (lost !== undefined) {
      const open = this.#worker.connections.find(({ isOpen }) => isOpen);
      this.#as(() => open?.break());
    } else if (typeof emitted === "string") {
      this.#as(() => this.#worker.io.to(emitted).emit("event", emitted));
    } else if (typeof joined === "string") {
      this.#as(() => this.#worker.io.local.socketsJoin(joined));
    } else if (slow !== undefined) {
      this.#isSlow = Boolean(slow);
    } else if (typeof passed === "number" && passed >= 0 && passed < 1e5) {
      const { surroundings } = this.#worker;
      this.#as(() => void surroundings.clock.tick(passed));
    }
    await quiet();
    while (!this.#isSlow && this.#worker.waiting.length > 0) {
      this.#as(() => this.#worker.waiting.shift()?.());
      await quiet();
    }
  }

  /** Whoever has returned is answered; a client that comes now gets what this worker and another one emit. */
  async check(): Promise<void> {
    await this.take({ slow: false });
    await this.take({ to: WORKER, message: control("plain") });
    for (const { isOpen, unread } of this.#worker.connections) {
      const isAnswered = unread.some((packet) => /^[04]/.test(packet));
      assert.ok(isAnswered || !isOpen, "a client waits for an answer");
    }
    const client = new ModelClient("canary");
    this.#as(() => client.connect(WORKER, this.#worker.accept()));
    await this.take({ slow: false });
    const data = {
      packet: { type: 2, data: ["event", "#of another"], nsp: "/" },
      opts: { rooms: [], except: [], flags: {} },
    };
    const type = MessageType.BROADCAST;
    const message = { ...envelope("canary"), nsp: "/", type, data };
    await this.take({ to: WORKER, message });
    this.#as(() => this.#worker.io.emit("event", "#own"));
    await quiet();
    await this.#emitInOrder("#numbered");
    client.read();
    assert.deepEqual(
      client.stays.map(({ seen }) => seen),
      [["of another", "own", "numbered"]],
    );
    void this.#as(() => this.#worker.io.of("/").adapter.close());
    await quiet();
  }

  /** An order begins. A server without recovery takes no part in it. */
  async #emitInOrder(text: string): Promise<void> {
    const order = { epoch: "canary", number: 0 };
    await this.take({ to: WORKER, message: { ...control("ordered"), order } });
    const { sent, io } = this.#worker;
    sent.length = 0;
    this.#as(() => io.emit("event", text));
    await quiet();
    const section = sent.flatMap(sectionsOf).find(isOrdered);
    if (section !== undefined) {
      setFirstNumber(section, 1);
      const message = framesMessage("primary", [echoOf(section)]);
      await this.take({ to: WORKER, message });
    }
    assert.equal(section !== undefined, this.#recovers);
  }

  #connect(ticket: unknown): void {
    const connection = this.#as(() => this.#worker.accept());
    let text: string | undefined;
    try {
      text = JSON.stringify(ticket);
    } catch {
      // no client can say that
    }
    this.#as(() => connection.receive(`0${text ?? ""}`));
  }

  #as<T>(action: () => T): T {
    return this.#worker.surroundings.run(action);
  }
}

function envelope(uid: string): object {
  return { source: "_sio_adapter", uid };
}

/** What the primary says to all nodes of the worker. */
export function control(data: string): object {
  return {
    ...envelope("primary"),
    nsp: "",
    type: 15,
    data,
    duration: 100,
    wire: Buffer.of(1),
  };
}
