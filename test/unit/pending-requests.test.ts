import assert from "node:assert/strict";
import { install, type Clock } from "@sinonjs/fake-timers";
import { MessageType, type ClusterResponse } from "socket.io-adapter";
import { PendingRequests } from "../../dist/pending-requests";
import { internals, type PendingRequest } from "../../dist/socket-io";
import { RecordingAdapter } from "./support/recording-adapter";

const BASE_TIMEOUT = 5_000;
const EVERYONE = { rooms: new Set<string>(), except: new Set<string>() };

describe("pending requests", () => {
  let clock: Clock;
  let adapter: RecordingAdapter;
  let kept: Map<string, PendingRequest>;

  beforeEach(() => {
    clock = install({
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"],
    });
    adapter = RecordingAdapter.create();
    kept = internals(adapter).customRequests;
    adapter.init();
    adapter.meet("a", "b");
  });

  afterEach(() => {
    adapter.close();
    clock.uninstall();
  });

  function onlyId(): string {
    assert.equal(kept.size, 1);
    return [...kept.keys()][0] as string;
  }

  function emitWithAck() {
    const calls: unknown[][] = [];
    void adapter.serverSideEmit([
      "hello",
      (...args: unknown[]) => calls.push(args),
    ]);
    return { calls, requestId: onlyId() };
  }

  async function startFetch() {
    const fetched = adapter.fetchSockets({ ...EVERYONE, flags: {} });
    fetched.catch(() => {});
    // the base class asks the others a few microtasks later
    await new Promise((resolve) => setImmediate(resolve));
    return { fetched, requestId: onlyId() };
  }

  function answer(requestId: string, uid: string, packet: unknown): void {
    adapter.onResponse({
      type: MessageType.SERVER_SIDE_EMIT_RESPONSE,
      uid,
      nsp: "/",
      data: { requestId, packet },
    } as ClusterResponse);
  }

  it("are found by the message that asks", () => {
    const requests = new PendingRequests(adapter, BASE_TIMEOUT);
    const { requestId } = emitWithAck();
    assert.equal(requests.find(adapter.published.at(-1)!), requestId);
    assert.equal(requests.find({ data: { requestId } }), requestId);
    assert.equal(requests.find({ data: { requestId: "other" } }), undefined);
    assert.equal(requests.find({ data: {} }), undefined);
    assert.equal(requests.find({}), undefined);
  });

  it("keep the timer of the base class where the timeout is the same", () => {
    const { requestId, calls } = emitWithAck();
    const timer = kept.get(requestId)?.timeout;
    new PendingRequests(adapter, BASE_TIMEOUT).onSent(requestId);
    assert.equal(kept.get(requestId)?.timeout, timer);
    clock.tick(BASE_TIMEOUT);
    assert.equal(calls.length, 1);
  });

  for (const timeout of [100, 60_000]) {
    it(`fail after a timeout of ${timeout} ms, once, with the answers that have arrived`, () => {
      const { requestId, calls } = emitWithAck();
      new PendingRequests(adapter, timeout).onSent(requestId);
      answer(requestId, "a", "one");
      clock.tick(timeout - 1);
      assert.deepEqual(calls, []);
      clock.tick(1);
      clock.tick(10 * BASE_TIMEOUT);
      assert.equal(calls.length, 1);
      const [error, responses] = calls[0] as unknown as [Error, unknown[]];
      assert.equal(error.message, "timeout reached: missing 1 responses");
      assert.deepEqual(responses, ["one"]);
      assert.equal(kept.size, 0);
    });
  }

  it("do not fail once they are answered", () => {
    const { requestId, calls } = emitWithAck();
    new PendingRequests(adapter, 100).onSent(requestId);
    answer(requestId, "a", 1);
    answer(requestId, "b", 2);
    clock.tick(60_000);
    assert.deepEqual(calls, [[null, [1, 2]]]);
  });

  it("leave the timeout of fetchSockets() to the base class", async () => {
    const { requestId, fetched } = await startFetch();
    const timer = kept.get(requestId)?.timeout;
    new PendingRequests(adapter, 100).onSent(requestId);
    assert.equal(kept.get(requestId)?.timeout, timer);
    clock.tick(BASE_TIMEOUT - 1);
    assert.equal(kept.size, 1);
    clock.tick(1);
    await assert.rejects(fetched, {
      message: "timeout reached: missing 2 responses",
    });
  });

  it("settle when all nodes have gone before the request was sent", async () => {
    const requests = new PendingRequests(adapter, 100);
    const { requestId, calls } = emitWithAck();
    kept.get(requestId)?.missingUids.clear();
    requests.onSent(requestId);
    assert.deepEqual(calls, [[null, []]]);
    assert.equal(kept.size, 0);

    const fetch = await startFetch();
    kept.get(fetch.requestId)?.missingUids.clear();
    requests.onSent(fetch.requestId);
    assert.deepEqual(await fetch.fetched, []);
  });

  it("are left alone while a node is missing", () => {
    const { requestId, calls } = emitWithAck();
    const requests = new PendingRequests(adapter, BASE_TIMEOUT);
    requests.onSent(requestId);
    assert.deepEqual(calls, []);
    assert.equal(kept.size, 1);
  });

  it("give the error of a serverSideEmit() to its acknowledgement, once", () => {
    const requests = new PendingRequests(adapter, BASE_TIMEOUT);
    const { requestId, calls } = emitWithAck();
    answer(requestId, "a", "one");
    const error = new Error("not sendable");
    requests.onError(requestId, error);
    requests.onError(requestId, error);
    assert.deepEqual(calls, [[error, ["one"]]]);
    assert.equal(kept.size, 0);
    clock.tick(60_000);
    assert.equal(calls.length, 1);
  });

  it("reject a fetchSockets() with its error", async () => {
    const { requestId, fetched } = await startFetch();
    const error = new Error("not sendable");
    new PendingRequests(adapter, BASE_TIMEOUT).onError(requestId, error);
    await assert.rejects(fetched, error);
    assert.equal(kept.size, 0);
  });

  it("leave no timer behind when they fail", async () => {
    const requests = new PendingRequests(adapter, 100);
    const before = clock.countTimers();
    const { requestId } = emitWithAck();
    requests.onSent(requestId);
    requests.onError(requestId, new Error("no"));
    assert.equal(clock.countTimers(), before);
    const fetch = await startFetch();
    requests.onError(fetch.requestId, new Error("no"));
    assert.equal(clock.countTimers(), before);
  });

  it("that are settled already are ignored", () => {
    const requests = new PendingRequests(adapter, 100);
    requests.onSent("gone");
    requests.onError("gone", new Error("no"));
    assert.equal(kept.size, 0);
  });
});
