import assert from "node:assert/strict";
import { Peer, Peers, type PeerWire } from "../../../dist/primary/peers";
import { PrimaryOutbox } from "../../../dist/primary/outbox";

function createPeer(wire: PeerWire = "silent"): Peer {
  const outbox = new PrimaryOutbox({
    maxBacklogBytes: 1,
    maxBacklogMessages: 1,
    send: assert.fail,
    onOverflow: () => assert.fail(),
    onResume: assert.fail,
  });
  return new Peer({ id: 1, pid: 1 }, outbox, wire, 0);
}

describe("peers", () => {
  let peers: Peers<string>;
  let one: Peer;
  let two: Peer;

  beforeEach(() => {
    peers = new Peers();
    [one, two] = [createPeer(), createPeer("unknown")];
    peers.add("one", one);
    peers.add("two", two);
    peers.addNode(one, { uid: "a", nsp: "/", recovers: false });
    peers.addNode(one, { uid: "b", nsp: "/news", recovers: false });
    peers.addNode(two, { uid: "c", nsp: "/", recovers: false });
  });

  it("count their nodes", () => {
    assert.equal(peers.nodeCount, 3);
    assert.equal(new Peers().nodeCount, 0);
  });

  it("are known without nodes, too", () => {
    const three = createPeer();
    peers.add("three", three);
    assert.deepEqual(peers.allBut(one), [two, three]);
    assert.deepEqual(peers.remove("three"), []);
  });

  it("are found by their worker, with what is known of them", () => {
    assert.equal(peers.get("one"), one);
    assert.equal(peers.get("two")?.wire, "unknown");
    assert.equal(peers.get("unknown"), undefined);
    peers.remove("one");
    assert.equal(peers.get("one"), undefined);
  });

  it("speak the fast wire while all of their nodes do that have said what they speak", () => {
    const offer = { isBinary: true, recovery: undefined };
    one.learnWire("a", offer, false);
    assert.equal(one.wire, "fast");
    one.learnWire("b", undefined, false);
    assert.equal(one.wire, "plain");
    one.learnWire("a", offer, false);
    assert.equal(one.wire, "plain");
    assert.equal(one.readsFrames, true);
    one.learnWire("b", undefined, true);
    assert.equal(one.wire, "fast");
    two.learnWire("c", undefined, false);
    two.learnWire("c", undefined, true);
    assert.deepEqual([two.wire, two.readsFrames], ["plain", false]);
  });

  it("stay when their nodes are removed", () => {
    assert.deepEqual(peers.removeNodes(one), [
      { uid: "a", nsp: "/", recovers: false },
      { uid: "b", nsp: "/news", recovers: false },
    ]);
    assert.deepEqual([...peers.all()], [one, two]);
    assert.equal(peers.nodeCount, 1);
    assert.deepEqual(peers.removeNodes(one), []);
    peers.addNode(one, { uid: "a", nsp: "/", recovers: false });
    assert.equal(peers.ownerOf("a"), one);
  });

  it("own their nodes", () => {
    assert.equal(peers.ownerOf("a"), one);
    assert.equal(peers.ownerOf("c"), two);
    assert.equal(peers.ownerOf("unknown"), undefined);
  });

  it("are all the others, seen from one of them", () => {
    assert.deepEqual(peers.allBut(one), [two]);
    assert.deepEqual(peers.allBut(createPeer()), [one, two]);
    assert.deepEqual(peers.allBut(undefined), [one, two]);
    assert.deepEqual([...peers.all()], [one, two]);
  });

  it("take their nodes with them", () => {
    assert.deepEqual(peers.remove("one"), [
      { uid: "a", nsp: "/", recovers: false },
      { uid: "b", nsp: "/news", recovers: false },
    ]);
    assert.deepEqual([...peers.all()], [two]);
    assert.equal(peers.nodeCount, 1);
    assert.equal(peers.ownerOf("a"), undefined);
    assert.deepEqual(peers.remove("one"), []);
  });

  it("lose a single node", () => {
    peers.removeNode("a");
    peers.removeNode("a");
    peers.removeNode("unknown");
    assert.equal(peers.ownerOf("a"), undefined);
    assert.equal(peers.nodeCount, 2);
    assert.deepEqual(peers.remove("one"), [
      { uid: "b", nsp: "/news", recovers: false },
    ]);
  });

  it("count a node once, however often it is heard", () => {
    peers.addNode(one, { uid: "a", nsp: "/", recovers: false });
    assert.equal(peers.nodeCount, 3);
    assert.equal(peers.remove("one").length, 2);
  });

  it("have only the nodes that no other has claimed since", () => {
    peers.addNode(two, { uid: "a", nsp: "/", recovers: false });
    assert.equal(peers.ownerOf("a"), two);
    assert.deepEqual(peers.remove("one"), [
      { uid: "b", nsp: "/news", recovers: false },
    ]);
    assert.equal(peers.ownerOf("a"), two);
    assert.equal(peers.remove("two").length, 2);
    assert.equal(peers.nodeCount, 0);
  });
});
