import assert from "node:assert/strict";
import { install, type Clock } from "@sinonjs/fake-timers";
import { MessageType, type ClusterResponse } from "socket.io-adapter";
import { Requests, type Question } from "../../dist/requests";
import { internals, type PendingRequest } from "../../dist/socket-io";
import { RecordingAdapter } from "./support/recording-adapter";

const TIMEOUT = 100;

describe("requests", () => {
  let clock: Clock;
  let adapter: RecordingAdapter;
  let kept: Map<string, PendingRequest>;
  let requests: Requests;
  let publish: (question: Question) => void;
  let settled: [Error | null, unknown[]][];

  beforeEach(() => {
    clock = install({
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"],
    });
    adapter = RecordingAdapter.create();
    kept = internals(adapter).customRequests;
    publish = () => {};
    requests = new Requests({
      adapter,
      requestsTimeout: TIMEOUT,
      publish: (question) => publish(question),
      nextRequestId: () => "id",
    });
    settled = [];
    adapter.init();
    adapter.meet("a", "b");
  });

  afterEach(() => {
    adapter.close();
    clock.uninstall();
  });

  function ask(): void {
    requests.serverSideEmit(["event"], (...args) => settled.push(args));
  }

  function answer(uid: string, packet: unknown): void {
    adapter.onResponse({
      type: MessageType.SERVER_SIDE_EMIT_RESPONSE,
      uid,
      nsp: "/",
      data: { requestId: "id", packet },
    } as ClusterResponse);
  }

  function assertOver(): void {
    const count = settled.length;
    answer("a", "late");
    adapter.part("b");
    clock.tick(10 * TIMEOUT);
    assert.equal(settled.length, count);
    assert.equal(kept.size, 0);
  }

  it("are kept by the id under which they were published, in the tick of the call", () => {
    const published: Question[] = [];
    publish = (question) => published.push(question);
    ask();
    assert.deepEqual(published, [
      {
        type: MessageType.SERVER_SIDE_EMIT,
        data: { packet: ["event"], requestId: "id" },
      },
    ]);
    assert.deepEqual([...kept.keys()], ["id"]);
  });

  it("settle once, though the application throws then", async () => {
    let count = 0;
    requests.serverSideEmit(["event"], () => {
      count++;
      throw new Error("of the application");
    });
    const thrown = new Promise((resolve) =>
      process.setUncaughtExceptionCaptureCallback(resolve),
    );
    try {
      answer("a", 1);
      adapter.part("b");
      assert.equal(count, 1);
      assert.equal(kept.size, 0);
      assert.equal(internals(adapter).nodesMap.has("b"), false);
      assert.match(String(await thrown), /of the application/);
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
    }
  });

  it("settle at once, unpublished, where there is nobody to ask", () => {
    adapter.part("a");
    adapter.part("b");
    publish = () => assert.fail();
    ask();
    assert.deepEqual(settled, [[null, []]]);
    assertOver();
  });

  it("settle when everyone has answered", () => {
    ask();
    answer("a", 1);
    assert.deepEqual(settled, []);
    answer("b", 2);
    assert.deepEqual(settled, [[null, [1, 2]]]);
    assertOver();
  });

  it("bring the sockets of all nodes", async () => {
    const fetched = requests.fetchSockets({ rooms: new Set() });
    for (const uid of ["a", "b"]) {
      adapter.onResponse({
        type: MessageType.FETCH_SOCKETS_RESPONSE,
        uid,
        nsp: "/",
        data: { requestId: "id", sockets: [uid] },
      } as unknown as ClusterResponse);
    }
    assert.deepEqual(await fetched, ["a", "b"]);
    assert.equal(kept.size, 0);
  });

  it("for sockets fail after a timeout of their own", async () => {
    const flags = { timeout: 7 };
    const fetched = requests.fetchSockets({ rooms: new Set(), flags });
    clock.tick(7);
    await assert.rejects(fetched, {
      message: "timeout reached: missing 2 responses",
    });
  });

  it("for local sockets ask nobody", async () => {
    publish = () => assert.fail();
    const flags = { local: true };
    assert.deepEqual(
      await requests.fetchSockets({ rooms: new Set(), flags }),
      [],
    );
  });

  it("settle when those who have not answered are gone", () => {
    ask();
    answer("b", 2);
    adapter.part("a");
    assert.deepEqual(settled, [[null, [2]]]);
    assertOver();
  });

  it("fail after the timeout with what has arrived", () => {
    ask();
    answer("a", "one");
    clock.tick(TIMEOUT - 1);
    assert.deepEqual(settled, []);
    clock.tick(1);
    assert.equal(settled.length, 1);
    const [error, responses] = settled[0] as unknown as [Error, unknown[]];
    assert.equal(error.message, "timeout reached: missing 1 responses");
    assert.deepEqual(responses, ["one"]);
    assertOver();
  });

  it("fail with the error of their publication", () => {
    const before = clock.countTimers();
    const error = new Error("not sendable");
    publish = () => {
      throw error;
    };
    ask();
    assert.deepEqual(settled, [[error, []]]);
    assert.equal(clock.countTimers(), before);
    assertOver();
  });

  it("are not settled twice if everyone leaves during their publication", () => {
    publish = () => {
      adapter.part("a");
      adapter.part("b");
      throw new Error("too late");
    };
    ask();
    assert.deepEqual(settled, [[null, []]]);
    assertOver();
  });
});
