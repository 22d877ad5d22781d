import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageType } from "socket.io-adapter";
import { Relay } from "../../../dist/primary/relay";
import { adapterClose, MESSAGE_SOURCE } from "../../../dist/wire/plain";

const ANSWER = MessageType.SERVER_SIDE_EMIT_RESPONSE;
const UNKNOWN_TYPE = 99;

interface Sent {
  to: number;
  message: object;
}

function message(uid: string, type: number, requesterUid?: string) {
  const data = { requestId: "r", packet: ["event"] };
  return { source: MESSAGE_SOURCE, uid, nsp: "/", type, requesterUid, data };
}

function createRelay() {
  const sent: Sent[] = [];
  const relay = new Relay<number>((to, message) => sent.push({ to, message }));
  return { relay, take: () => sent.splice(0) };
}

/** The same by other means: one list, searched from end to end. */
class NaiveRelay {
  workers: number[] = [];
  nodes: Array<{ uid: string; worker: number }> = [];

  join(worker: number): void {
    this.workers = [...this.others(worker), worker];
  }

  others(worker: number): number[] {
    return this.workers.filter((other) => other !== worker);
  }

  leave(worker: number): Sent[] {
    this.workers = this.others(worker);
    const gone = this.nodes.filter((node) => node.worker === worker);
    this.nodes = this.nodes.filter((node) => node.worker !== worker);
    return gone.flatMap(({ uid }) =>
      this.workers.map((to) => ({ to, message: adapterClose(uid, "/") })),
    );
  }

  relay(worker: number, message: ReturnType<typeof createMessage>): Sent[] {
    if (!this.workers.includes(worker)) {
      this.join(worker);
    }
    const { uid, type, requesterUid } = message;
    const known = this.nodes.filter((node) => node.uid !== uid);
    if (type === MessageType.ADAPTER_CLOSE) {
      this.nodes = known;
    } else if (uid !== "emitter") {
      this.nodes = [...known, { uid, worker }];
    }
    const recipients = isAnswer(type)
      ? this.nodes
          .filter((node) => node.uid === requesterUid)
          .map((node) => node.worker)
      : this.others(worker);
    return recipients.map((to) => ({ to, message }));
  }
}

const createMessage = message;

function isAnswer(type: number): boolean {
  return [8, 10, 11, 12].includes(type);
}

const TYPES = [
  MessageType.INITIAL_HEARTBEAT,
  MessageType.HEARTBEAT,
  MessageType.SERVER_SIDE_EMIT,
  ANSWER,
  MessageType.BROADCAST_ACK,
  MessageType.ADAPTER_CLOSE,
  UNKNOWN_TYPE,
];

const worker = fc.nat({ max: 3 });
const uid = fc.constantFrom("a", "b", "c", "d", "e", "emitter");
const step = fc.oneof(
  fc.record({ kind: fc.constant("join" as const), worker }),
  fc.record({ kind: fc.constant("leave" as const), worker }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("message" as const),
      worker,
      message: fc
        .tuple(
          uid,
          fc.constantFrom(...TYPES),
          fc.option(uid, { nil: undefined }),
        )
        .map((args) => createMessage(...args)),
    }),
  },
);

function sorted(sent: Sent[]): string[] {
  return sent.map((one) => JSON.stringify(one)).sort();
}

describe("the relay", () => {
  it("passes a message on, as it is, to everyone but the sender", () => {
    const { relay, take } = createRelay();
    [1, 2, 3].forEach((worker) => relay.onJoin(worker));
    const sent = message("a", MessageType.SERVER_SIDE_EMIT);
    relay.onMessage(2, sent);
    const received = take();
    assert.deepEqual(
      received.map(({ to }) => to),
      [1, 3],
    );
    assert.ok(received.every((one) => one.message === sent));
  });

  for (const [type, data] of [
    [MessageType.FETCH_SOCKETS_RESPONSE, { requestId: "r", sockets: [] }],
    [MessageType.SERVER_SIDE_EMIT_RESPONSE, { requestId: "r" }],
    [MessageType.BROADCAST_CLIENT_COUNT, { requestId: "r", clientCount: 0 }],
    [MessageType.BROADCAST_ACK, { requestId: "r" }],
  ] as const) {
    it(`passes a ${MessageType[type]} on to the asker only`, () => {
      const { relay, take } = createRelay();
      relay.onJoin(3);
      relay.onMessage(1, message("a", MessageType.HEARTBEAT));
      relay.onMessage(2, message("b", MessageType.HEARTBEAT));
      take();
      relay.onMessage(2, { ...message("b", type, "a"), data });
      assert.deepEqual(
        take().map(({ to }) => to),
        [1],
      );
      relay.onMessage(2, { ...message("b", type, "nobody"), data });
      relay.onMessage(2, { ...message("b", type), data });
      assert.deepEqual(take(), []);
    });
  }

  it("passes on a type that it does not know, but not a known one of a wrong form", () => {
    const { relay, take } = createRelay();
    relay.onJoin(1);
    relay.onMessage(2, message("a", UNKNOWN_TYPE));
    assert.equal(take().length, 1);
    relay.onMessage(2, { ...message("b", MessageType.BROADCAST), data: {} });
    relay.onMessage(2, { ...message("b", MessageType.HEARTBEAT), uid: 1 });
    relay.onMessage(2, { ...message("b", MessageType.HEARTBEAT), source: "x" });
    relay.onMessage(2, null);
    assert.deepEqual(take(), []);
    assert.equal(relay.peers.nodeCount, 1);
  });

  it("knows nobody who has sent nothing but garbage", () => {
    const { relay } = createRelay();
    relay.onMessage(1, { source: MESSAGE_SOURCE });
    relay.onMessage(1, { source: "other" });
    assert.equal(relay.peers.size, 0);
    relay.onMessage(1, message("a", MessageType.HEARTBEAT));
    assert.equal(relay.peers.size, 1);
  });

  it("announces the nodes of a worker that left, and no others", () => {
    const { relay, take } = createRelay();
    const heartbeat = MessageType.HEARTBEAT;
    relay.onMessage(1, message("a", heartbeat));
    relay.onMessage(1, { ...message("b", heartbeat), nsp: "/news" });
    relay.onMessage(1, message("closed", heartbeat));
    relay.onMessage(1, message("closed", MessageType.ADAPTER_CLOSE));
    relay.onMessage(1, message("emitter", heartbeat));
    relay.onMessage(2, message("c", heartbeat));
    take();
    relay.onLeave(1);
    assert.deepEqual(take(), [
      { to: 2, message: adapterClose("a", "/") },
      { to: 2, message: adapterClose("b", "/news") },
    ]);
    relay.onLeave(1);
    assert.deepEqual(take(), []);
  });

  it("does what a naive relay does, and forgets all who leave", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { relay, take } = createRelay();
        const model = new NaiveRelay();
        for (const step of steps) {
          let expected: Sent[] = [];
          if (step.kind === "join") {
            relay.onJoin(step.worker);
            model.join(step.worker);
          } else if (step.kind === "leave") {
            relay.onLeave(step.worker);
            expected = model.leave(step.worker);
          } else {
            relay.onMessage(step.worker, step.message);
            expected = model.relay(step.worker, step.message);
          }
          assert.deepEqual(sorted(take()), sorted(expected));
          assert.equal(relay.peers.size, model.workers.length);
          assert.equal(relay.peers.nodeCount, model.nodes.length);
        }
        [0, 1, 2, 3].forEach((worker) => relay.onLeave(worker));
        assert.deepEqual([relay.peers.size, relay.peers.nodeCount], [0, 0]);
      }),
      { numRuns: 500 },
    );
  });
});
