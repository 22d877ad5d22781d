import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageType } from "socket.io-adapter";
import { NaiveRelay } from "../support/naive-relay";
import {
  frames,
  isControl,
  message,
  RelayScene,
  type Sent,
} from "../support/relay-scene";
import { writeAll } from "../support/read-frames";

const TYPES = [
  MessageType.INITIAL_HEARTBEAT,
  MessageType.HEARTBEAT,
  MessageType.SERVER_SIDE_EMIT,
  MessageType.SERVER_SIDE_EMIT_RESPONSE,
  MessageType.BROADCAST_ACK,
  MessageType.ADAPTER_CLOSE,
  99,
];
const WORKERS = [0, 1, 2, 3];
const worker = fc.constantFrom(...WORKERS);
const uid = fc.constantFrom("a", "b", "c", "d", "e", "emitter");
const someone = fc.option(uid, { nil: undefined });

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("fork", "find", "leave"), worker }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("offer"),
      worker,
      message: fc
        .tuple(uid, fc.constantFrom(...TYPES.slice(0, 2)))
        .map((args) => ({ ...message(...args), wire: Buffer.of(9, 1) })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("message"),
      worker,
      message: fc
        .tuple(uid, fc.constantFrom(...TYPES), someone)
        .map((args) => message(...args)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("frames"),
      worker,
      targets: fc.array(someone, { maxLength: 3 }),
    }),
  },
);

interface Step {
  readonly kind: string;
  readonly worker: number;
  readonly message?: ReturnType<typeof message>;
  readonly targets?: Array<string | undefined>;
}

let sectionCount = 0;

/** A section that is like no other. */
function createSection(target: string | undefined): Buffer {
  const data = Buffer.from(String(sectionCount++));
  const origin = { uid: "w", nsp: "/" };
  const [section] = writeAll([{ origin, target, type: 5, data }]);
  return section as Buffer;
}

/** Does a step to both; returns what the model sends. */
function perform(
  { kind, worker, message, targets }: Step,
  { relay }: RelayScene,
  model: NaiveRelay,
): Sent[] {
  if (kind === "fork" || kind === "find") {
    const isNew = model.workers.every(({ id }) => id !== worker);
    model.join(worker, kind === "fork" ? "silent" : "unknown");
    if (isNew) {
      if (kind === "fork") {
        relay.onFork(worker);
      } else {
        relay.onFound(worker);
      }
    }
    return [];
  }
  if (kind === "leave") {
    relay.onLeave(worker);
    return model.leave(worker);
  }
  if (targets) {
    const sections = targets.map(createSection);
    relay.onMessage(worker, frames(...sections));
    model.join(worker, "unknown");
    return sections.flatMap((section, i) =>
      model.relaySection(worker, section, targets[i]),
    );
  }
  relay.onMessage(worker, message);
  return model.relay(worker, message as NonNullable<typeof message>);
}

function sorted(sent: Sent[]): string[] {
  return sent
    .map(({ to, message }) => `${to} ${JSON.stringify(inText(message))}`)
    .sort();
}

/** The form of a section for a worker that has not said that it takes binary data. */
function inText(message: object): object | string {
  return Buffer.isBuffer(message) ? message.toString("base64") : message;
}

describe("the relay, next to a naive one,", () => {
  it("sends the same to the same workers, tells them the same wire, and forgets all who leave", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const scene = new RelayScene();
        const model = new NaiveRelay();
        const told = new Map<number, string>();
        for (const step of steps as Step[]) {
          const expected = perform(step, scene, model);
          const sent = await scene.takeAll();
          assert.deepEqual(
            sorted(sent.filter(({ message }) => !isControl(message))),
            sorted(expected),
          );
          if (step.kind === "leave") {
            told.delete(step.worker);
          }
          for (const { to, message } of sent.filter(isWireControl)) {
            told.set(to, (message as unknown as { data: string }).data);
          }
          for (const { id } of model.workers) {
            const wire = told.get(id) ?? "plain";
            assert.equal(wire, model.toldTo(id), `worker ${id}`);
            seen.add(wire);
          }
          const { workers } = scene.relay.stats();
          assert.equal(workers.length, model.workers.length);
          const nodes = workers.flatMap((worker) => worker.nodes);
          assert.equal(nodes.length, model.nodes.length);
        }
        WORKERS.forEach((worker) => scene.relay.onLeave(worker));
        assert.deepEqual(scene.relay.stats().workers, []);
      }),
      { numRuns: 500 },
    );
    assert.deepEqual([...seen].sort(), ["fast", "plain"]);
  });
});

function isWireControl({ message }: Sent): boolean {
  return isControl(message) && (message as { data?: unknown }).data !== "greet";
}
