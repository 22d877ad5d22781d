import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { Server } from "socket.io";
import { MessageType } from "socket.io-adapter";
import { createAdapter, type NodeClusterAdapter } from "../../../dist/index";
import { Announcer } from "../../../dist/primary/events";
import { Relay } from "../../../dist/primary/relay";
import { isEnvelope, isPlainMessage } from "../../../dist/wire/plain";
import { ProcessIpc } from "../support/process-ipc";
import { stub } from "../support/stub";

const junk = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
});

/** Mostly what belongs there, and now and then something else, or nothing. */
function field<T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: good },
    { weight: 1, arbitrary: junk },
  );
}

function fields(model: Record<string, fc.Arbitrary<unknown>>) {
  return fc.record(
    Object.fromEntries(
      Object.entries(model).map(([key, good]) => [key, field(good)]),
    ),
    { noNullPrototype: true },
  );
}

const room = field(fc.constantFrom("here", "there", "s1", 1));
const rooms = fc.array(room, { maxLength: 3 });
const PENDING = ["fetch", "emit", "ack", "gone"];

const message = fields({
  source: fc.constant("_sio_adapter"),
  uid: fc.constantFrom("peer", "other", "emitter"),
  nsp: fc.constant("/"),
  type: fc.integer({ min: 1, max: 13 }),
  requesterUid: fc.constantFrom("peer", "other"),
  data: fields({
    opts: fields({
      rooms,
      except: fc.oneof(fc.constant(null), rooms),
      flags: fields({ timeout: fc.nat(), volatile: fc.boolean() }),
    }),
    packet: fc.oneof(
      fields({ type: fc.nat({ max: 6 }), data: fc.array(junk) }),
      fc
        .tuple(fc.constantFrom("event", "error", 1), fc.array(junk))
        .map(([event, args]) => [event, ...args]),
    ),
    requestId: fc.constantFrom(...PENDING, undefined),
    rooms,
    close: fc.boolean(),
    clientCount: fc.nat({ max: 2 }),
    sockets: fc.array(fields({ id: fc.string(), rooms })),
  }),
});

/** What the adapter does with a socket of its own. */
function fakeSocket(adapter: NodeClusterAdapter, id: string) {
  const join = (names: string[]) => void adapter.addAll(id, new Set(names));
  join([id, "here"]);
  return {
    id,
    handshake: {},
    rooms: new Set([id, "here"]),
    data: {},
    acks: new Map(),
    client: { writeToEngine() {} },
    join,
    leave: (name: string) => adapter.del(id, name),
    disconnect() {},
  };
}

describe("what the plain wire lets through", () => {
  let ipc: ProcessIpc;
  let adapter: NodeClusterAdapter;
  let restoreWarnings: () => void;

  beforeEach(() => {
    ipc = new ProcessIpc();
    restoreWarnings = stub(process, "emitWarning", () => {});
    adapter = createAdapter()(new Server().of("/"));
    adapter.nsp.sockets.set("s1", fakeSocket(adapter, "s1"));
    adapter.nsp.on("event", (...args: unknown[]) => {
      const ack = args.pop();
      if (typeof ack === "function") {
        ack(args);
      }
    });
  });

  afterEach(() => {
    adapter.close();
    ipc.restore();
    restoreWarnings();
  });

  /** Puts the requests back that earlier messages have settled. */
  function ask(): void {
    const { customRequests, ackRequests } = adapter as unknown as Record<
      "customRequests" | "ackRequests",
      Map<string, object>
    >;
    const request = (type: MessageType) => ({
      type,
      resolve: () => {},
      missingUids: new Set(["peer", "other"]),
      responses: [],
    });
    customRequests.set("fetch", request(MessageType.FETCH_SOCKETS));
    customRequests.set("emit", request(MessageType.SERVER_SIDE_EMIT));
    ackRequests.set("ack", {
      isSettled: false,
      onAck() {},
      onClientCount() {},
      onNodeRemoved() {},
    });
  }

  it("never makes the adapter behind it throw", () => {
    const accepted = new Set<number>();
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        ask();
        for (const message of messages) {
          if (isEnvelope(message) && isPlainMessage(message)) {
            accepted.add(message.type);
          }
          ipc.receive(message);
        }
      }),
      { numRuns: 2_000 },
    );
    assert.equal(accepted.size, 13, "every type was let through once");
  });

  it("never makes the relay throw, with all that it refuses", async () => {
    const { send, relays } = relaying();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 2 }), fc.oneof(message, junk))),
        (messages) => {
          const relay = createRelay(send);
          messages.forEach(([worker, sent]) => relay.onMessage(worker, sent));
        },
      ),
    );
    await nextTurn();
    assert.ok(relays() > 0);
  });
});

function relaying() {
  let count = 0;
  return { send: () => void count++, relays: () => count };
}

function createRelay(send: () => void): Relay<number> {
  return new Relay<number>({
    send,
    nameOf: (id) => ({ id, pid: undefined }),
    announcer: new Announcer(),
    maxBacklogBytes: 1e6,
    maxBacklogMessages: 1e3,
    maxLogBytes: 1e6,
    maxLogEntries: 1e3,
    maxSessions: 1e3,
    clock: { now: () => 0, after: () => () => {} },
  });
}
