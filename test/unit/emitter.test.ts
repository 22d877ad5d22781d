import assert from "node:assert/strict";
import cluster from "node:cluster";
import { Emitter } from "../../dist/emitter";
import type { RequestTimeoutError } from "../../dist/errors";
import { type PrimaryHandle, setupPrimary } from "../../dist/setup-primary";
import { waitFor } from "../support/wait";
import { freshCopy } from "./support/fresh-copy";

describe("an emitter", () => {
  let handle: PrimaryHandle;
  let emitter: Emitter;

  beforeEach(() => {
    handle = setupPrimary();
    emitter = new Emitter();
  });
  afterEach(() => handle.close());

  it("refuses the events that Socket.IO reserves on a socket", () => {
    for (const event of ["connect", "connect_error", "disconnect"]) {
      assert.throws(() => emitter.emit(event), { code: "ERR_INVALID_OPTION" });
    }
    emitter.emit("connection");
    emitter.emit("new_namespace");
  });

  it("refuses the events that Socket.IO reserves on a server", () => {
    for (const event of ["connect", "connection", "new_namespace"]) {
      assert.throws(() => emitter.serverSideEmit(event), {
        code: "ERR_INVALID_OPTION",
      });
    }
    emitter.serverSideEmit("disconnect");
    emitter.serverSideEmit("newListener");
  });

  it("says how long it can wait", () => {
    emitter.timeout(2_147_483_647).emit("a");
    for (const timeout of [0, NaN, Infinity, 2_147_483_647.5]) {
      assert.throws(() => emitter.timeout(timeout), {
        code: "ERR_INVALID_OPTION",
        message: `the argument of timeout() must be a positive number of ms, at most 2147483647, got ${timeout}`,
      });
    }
  });

  it("rejects where its method returns a promise", async () => {
    const refused = { code: "ERR_INVALID_OPTION" };
    const promises = [
      emitter.emitWithAck("connect"),
      emitter.to("red").emitWithAck("connect"),
      emitter.serverSideEmitWithAck("connect"),
    ];
    for (const promise of promises) {
      await assert.rejects(promise, refused);
    }
  });

  it("speaks through the relay of the moment: none, or a new one", async () => {
    const red = emitter.to("red");
    handle.close();
    const refused = { code: "ERR_NO_RELAY", message: /call setupPrimary/ };
    assert.throws(() => emitter.emit("a"), refused);
    assert.throws(() => red.emit("a"), refused);
    assert.throws(() => emitter.serverSideEmit("a"), refused);
    await assert.rejects(red.fetchSockets(), refused);
    handle = setupPrimary();
    emitter.emit("a");
    assert.deepEqual(await red.fetchSockets(), []);
  });

  it("sends what its arguments were at the time of the call", async () => {
    const sent: Array<{ data: { packet: unknown } }> = [];
    const worker = {
      process: { pid: 1 },
      isConnected: () => true,
      send(message: { data: { packet: unknown } }, callback: () => void) {
        sent.push(message);
        queueMicrotask(callback);
      },
    };
    const heartbeat = { source: "_sio_adapter", uid: "a", nsp: "/", type: 2 };
    cluster.emit("message", worker as never, heartbeat, undefined);
    const value = { n: 1, bytes: Buffer.of(1) };
    emitter.serverSideEmit("a", value);
    emitter.emit("a", value);
    value.n++;
    value.bytes.fill(2);
    await waitFor(() => sent.length === 2);
    const then = ["a", { n: 1, bytes: Buffer.of(1) }];
    assert.deepEqual(
      sent.map(({ data }) => data.packet),
      [then, { type: 2, data: then, nsp: "/" }],
    );
  });

  it("tells what has arrived in the form that was asked for", async () => {
    const answers: Array<{ uid: string; data: object }> = [];
    const worker = {
      process: { pid: 1 },
      isConnected: () => true,
      send(
        { data }: { data: { requestId: string; want?: string } },
        callback: () => void,
      ) {
        const socket = { id: "s", rooms: ["s", "r"], handshake: {}, data: {} };
        answers.push({
          ...{ source: "_sio_adapter", uid: "a", nsp: "/", type: 8 },
          ...{ requesterUid: "emitter" },
          data: {
            requestId: data.requestId,
            sockets:
              data.want === "count"
                ? [{ id: "", rooms: [], count: 7 }]
                : data.want === "rooms"
                  ? [{ id: "", rooms: ["s", "r"] }]
                  : [socket],
          },
        });
        queueMicrotask(callback);
      },
    };
    const heartbeat = { source: "_sio_adapter", nsp: "/", type: 2 };
    for (const uid of ["a", "silent"]) {
      const message = { ...heartbeat, uid };
      cluster.emit("message", worker as never, message, undefined);
    }
    const late = emitter.timeout(50);
    const requests = [
      late.fetchSockets(),
      late.countSockets(),
      late.allRooms(),
    ].map((request) =>
      (request as Promise<unknown>).catch(
        (error: RequestTimeoutError) => error,
      ),
    );
    await waitFor(() => answers.length === 3);
    for (const answer of answers) {
      cluster.emit("message", worker as never, answer, undefined);
    }
    const errors = (await Promise.all(requests)) as RequestTimeoutError[];
    for (const error of errors) {
      assert.equal(error.code, "ERR_TIMEOUT");
      assert.deepEqual(error.missing, ["silent"]);
    }
    const [sockets, counts, rooms] = errors.map(({ responses }) => responses);
    const [socket] = sockets as Array<{ emit: unknown; rooms: unknown }>;
    assert.equal(typeof socket?.emit, "function");
    assert.deepEqual(socket?.rooms, new Set(["s", "r"]));
    assert.deepEqual(counts, [7]);
    assert.deepEqual(rooms, ["s", "r"]);
  });

  it("waits for nobody once the relay is closed", async () => {
    const worker = {
      process: { pid: 1 },
      isConnected: () => true,
      send: (_: object, callback: () => void) => process.nextTick(callback),
    };
    const heartbeat = { source: "_sio_adapter", uid: "a", nsp: "/", type: 2 };
    cluster.emit("message", worker as never, heartbeat, undefined);
    const sockets = emitter.fetchSockets();
    handle.close();
    await assert.rejects(sockets, { code: "ERR_NO_RELAY", message: /closed/ });
  });

  it("tells that another copy of the package relays", () => {
    const copy =
      freshCopy<typeof import("../../dist/setup-primary")>("setup-primary");
    handle.close();
    handle = copy.setupPrimary();
    assert.equal(setupPrimary(), handle);
    assert.throws(() => new Emitter(), {
      code: "ERR_NO_RELAY",
      message: /another copy/,
    });
  });
});
