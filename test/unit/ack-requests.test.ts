import assert from "node:assert/strict";
import { install, type Clock } from "@sinonjs/fake-timers";
import fc from "fast-check";
import { AckRequest } from "../../dist/ack-request";
import { AckRequests } from "../../dist/ack-requests";
import { internals } from "../../dist/socket-io";
import { RecordingAdapter } from "./support/recording-adapter";

/** A request whose callbacks write down what they are called with. */
function startRequest(...nodes: string[]) {
  const counts: number[] = [];
  const acks: unknown[] = [];
  const request = new AckRequest(
    nodes,
    (count) => counts.push(count),
    (response) => acks.push(response),
  );
  return { request, counts, acks };
}

describe("a broadcast with acknowledgements", () => {
  it("passes acknowledgements on as they come", () => {
    const { request, acks, counts } = startRequest("a", "b");
    request.onAck("b", "one");
    assert.deepEqual(acks, ["one"]);
    request.onAck("a", undefined);
    assert.deepEqual(acks, ["one", undefined]);
    assert.deepEqual(counts, []);
  });

  it("reports the clients of a node once all of them have answered", () => {
    const { request, counts } = startRequest("a");
    request.onClientCount("a", 2);
    request.onAck("a", 1);
    assert.deepEqual(counts, []);
    request.onAck("a", 2);
    assert.deepEqual(counts, [2]);
    assert.equal(request.isSettled, true);
  });

  it("reports them, too, if the number comes after the acknowledgements", () => {
    const { request, counts } = startRequest("a");
    request.onAck("a", 1);
    request.onAck("a", 2);
    request.onClientCount("a", 2);
    assert.deepEqual(counts, [2]);
  });

  it("reports a node without clients at once", () => {
    const { request, counts } = startRequest("a", "b");
    request.onClientCount("b", 0);
    assert.deepEqual(counts, [0]);
    assert.equal(request.isSettled, false);
  });

  it("reports as many as have answered when a node is gone", () => {
    const { request, counts } = startRequest("a");
    request.onClientCount("a", 3);
    request.onAck("a", 1);
    request.onNodeRemoved("a");
    assert.deepEqual(counts, [1]);
    assert.equal(request.isSettled, true);
  });

  it("does not listen to nodes that were not asked, or are done", () => {
    const { request, counts, acks } = startRequest("a");
    request.onAck("stranger", 1);
    request.onClientCount("stranger", 0);
    request.onNodeRemoved("stranger");
    assert.deepEqual([counts, acks], [[], []]);
    request.onClientCount("a", 0);
    request.onAck("a", "late");
    request.onClientCount("a", 0);
    request.onNodeRemoved("a");
    assert.deepEqual([counts, acks], [[0], []]);
  });

  it("is settled from the start if nobody was asked", () => {
    assert.equal(startRequest().request.isSettled, true);
  });

  it("adds up: once it is settled, the clients reported are the acknowledgements passed on", () => {
    const uid = fc.constantFrom("a", "b", "c", "stranger");
    const event = fc.oneof(
      fc.record({ kind: fc.constant("ack" as const), uid }),
      fc.record({
        kind: fc.constant("count" as const),
        uid,
        count: fc.nat({ max: 3 }),
      }),
      fc.record({ kind: fc.constant("removed" as const), uid }),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const { request, counts, acks } = startRequest("a", "b", "c");
        for (const event of events) {
          if (event.kind === "ack") {
            request.onAck(event.uid, null);
          } else if (event.kind === "count") {
            request.onClientCount(event.uid, event.count);
          } else {
            request.onNodeRemoved(event.uid);
          }
        }
        ["a", "b", "c"].forEach((uid) => request.onNodeRemoved(uid));
        assert.equal(request.isSettled, true);
        assert.equal(counts.length, 3);
        assert.equal(
          counts.reduce((sum, count) => sum + count),
          acks.length,
        );
      }),
    );
  });
});

describe("the broadcasts that wait for acknowledgements", () => {
  let adapter: RecordingAdapter;
  let requests: AckRequests;
  let kept: Map<string, unknown>;

  beforeEach(() => {
    adapter = RecordingAdapter.create();
    requests = new AckRequests(adapter);
    kept = internals(adapter).ackRequests;
  });

  afterEach(() => adapter.close());

  it("are in the map of the base class until they are settled", () => {
    const { request, counts, acks } = startRequest("a");
    requests.add("r", request, 1_000);
    assert.equal(kept.get("r"), request);
    requests.update("r", (found) => found.onAck("a", "yes"));
    assert.equal(kept.get("r"), request);
    requests.update("r", (found) => found.onClientCount("a", 1));
    assert.deepEqual([counts, acks], [[1], ["yes"]]);
    assert.equal(kept.size, 0);
  });

  it("do not include one for which nobody was asked", () => {
    requests.add("r", startRequest().request, 1_000);
    assert.equal(kept.size, 0);
  });

  it("are not mixed up, and unknown ones are ignored", () => {
    const one = startRequest("a");
    const two = startRequest("a");
    requests.add("one", one.request, 1_000);
    requests.add("two", two.request, 1_000);
    requests.update("two", (request) => request.onAck("a", 2));
    requests.update("three", () => assert.fail("there is no such request"));
    assert.deepEqual([one.acks, two.acks], [[], [2]]);
  });

  it("all hear of a node that is gone", () => {
    const one = startRequest("a");
    const two = startRequest("a", "b");
    const three = startRequest("a");
    requests.add("one", one.request, 1_000);
    requests.add("two", two.request, 1_000);
    requests.add("three", three.request, 1_000);
    requests.onNodeRemoved("a");
    assert.deepEqual([one.counts, two.counts, three.counts], [[0], [0], [0]]);
    assert.deepEqual([...kept.keys()], ["two"]);
  });

  it("do not keep the process alive", () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout");
    const before = timers().length;
    requests.add("r", startRequest("a").request, 60_000);
    assert.equal(timers().length, before);
  });

  describe("in time", () => {
    let clock: Clock;

    beforeEach(() => {
      clock = install({ toFake: ["setTimeout", "clearTimeout"] });
    });

    afterEach(() => clock.uninstall());

    it("are forgotten after their timeout, and not before", () => {
      requests.add("r", startRequest("a").request, 1_000);
      requests.add("s", startRequest("a").request, 1_001);
      clock.tick(999);
      assert.deepEqual([...kept.keys()], ["r", "s"]);
      clock.tick(1);
      assert.deepEqual([...kept.keys()], ["s"]);
    });
  });
});
