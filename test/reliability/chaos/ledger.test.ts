import assert from "node:assert/strict";
import { type Duty, Ledger } from "./ledger";

/** A ledger in which the packets "0 of a", "1 of a" … and "0 of b" … were published, for everyone. */
function ledgerOf(counts: Record<string, number>, isTotal = true): Ledger {
  const ledger = new Ledger({ isTotal });
  for (const [sender, count] of Object.entries(counts)) {
    for (let number = 0; number < count; number++) {
      ledger.publish({ sender, number });
    }
  }
  return ledger;
}

/** A client that has received these packets: "a0", "b3" … */
function read(ledger: Ledger, name: string, packets: string): void {
  const reader = ledger.reader(name);
  for (const packet of packets.split(" ").filter(Boolean)) {
    reader.receive(packet.slice(0, 1), Number(packet.slice(1)));
  }
}

describe("the ledger of a run", () => {
  it("finds nothing wrong where all have all in one order", () => {
    const ledger = ledgerOf({ a: 3, b: 2 });
    read(ledger, "one", "a0 b0 a1 b1 a2");
    read(ledger, "two", "a0 b0 a1 b1 a2");
    assert.deepEqual(ledger.findings(), []);
    assert.equal(ledger.published, 5);
    assert.equal(ledger.arrived, 10);
    assert.equal(ledger.lost, 0);
  });

  it("finds what is missing", () => {
    const ledger = ledgerOf({ a: 3 });
    read(ledger, "one", "a0 a1 a2");
    read(ledger, "two", "a0 a2");
    assert.deepEqual(ledger.missing(), ["two misses 1 of a"]);
    assert.deepEqual(ledger.findings(), ["two misses 1 of a"]);
  });

  it("finds what is there twice", () => {
    const ledger = ledgerOf({ a: 2 });
    read(ledger, "one", "a0 a1 a0");
    assert.deepEqual(ledger.findings(), ["one has 0 of a twice"]);
  });

  it("finds that the order of a sender is broken", () => {
    const ledger = ledgerOf({ a: 3, b: 1 });
    read(ledger, "one", "a1 b0 a0 a2");
    assert.deepEqual(ledger.findings(), ["one has 0 of a after 1"]);
  });

  it("finds that the order of several emissions of one sender is broken", () => {
    const ledger = ledgerOf({ a: 1, b: 1 });
    const reader = ledger.reader("one");
    reader.receive("b", 0, { line: "worker 1", place: 8 });
    reader.receive("a", 0, { line: "worker 1", place: 7 });
    assert.deepEqual(ledger.findings(), [
      "one has 0 of a, which is 7 of worker 1, after 8",
    ]);
  });

  it("finds that two clients saw two orders, where there is to be one", () => {
    for (const isTotal of [true, false]) {
      const ledger = ledgerOf({ a: 1, b: 1 }, isTotal);
      read(ledger, "one", "a0 b0");
      read(ledger, "two", "b0 a0");
      assert.equal(ledger.findings().length, isTotal ? 2 : 0);
    }
  });

  it("leaves out of the order of all what has no place in it", () => {
    const ledger = ledgerOf({ a: 1, b: 0 });
    ledger.publish({ sender: "b", number: 0, isOrdered: false });
    read(ledger, "one", "a0 b0");
    read(ledger, "two", "b0 a0");
    assert.deepEqual(ledger.findings(), []);
  });

  it("finds what is not for those who have it", () => {
    const ledger = new Ledger();
    ledger.publish({ sender: "a", number: 0, room: "x" });
    ledger.publish({ sender: "a", number: 1, except: "x" });
    const inX = ledger.reader("x", ["x"]);
    inX.receive("a", 0);
    inX.receive("a", 1);
    assert.deepEqual(ledger.findings(), ["x has 1 of a, which is not for it"]);
  });

  it("finds what nobody has published", () => {
    const ledger = ledgerOf({ a: 1 });
    read(ledger, "one", "a0 a1");
    assert.deepEqual(ledger.findings(), [
      "one has 1 of a, which is not for it",
    ]);
  });

  it("asks a packet for its duties when the round is over", () => {
    let duty: Duty = "may";
    const ledger = new Ledger();
    ledger.publish({ sender: "a", number: 0, dutyTo: () => duty });
    read(ledger, "one", "a0");
    read(ledger, "two", "");
    assert.deepEqual(ledger.findings(), []);
    duty = "must";
    assert.deepEqual(ledger.findings(), ["two misses 0 of a"]);
    duty = "never";
    assert.deepEqual(ledger.findings(), [
      "one has 0 of a, which is not for it",
    ]);
  });

  it("allows for the last packets of a sender that was killed, if nobody has them", () => {
    const ledger = ledgerOf({ a: 4, b: 1 });
    read(ledger, "one", "a0 a1 b0");
    read(ledger, "two", "a0 a1 b0");
    assert.equal(ledger.findings().length, 4);
    ledger.noteKilled("a");
    assert.deepEqual(ledger.findings(), []);
    assert.equal(ledger.lost, 2);
  });

  it("does not allow for those that somebody has, or that came before such a one", () => {
    const ledger = ledgerOf({ a: 4 });
    ledger.noteKilled("a");
    read(ledger, "one", "a0 a2");
    read(ledger, "two", "a0");
    assert.deepEqual(ledger.findings(), [
      "one misses 1 of a",
      "two misses 1 of a",
      "two misses 2 of a",
    ]);
  });

  it("takes what came by the process that was killed for no proof that it was passed on", () => {
    const ledger = ledgerOf({ a: 2 });
    ledger.noteKilled("a");
    const own = ledger.reader("own");
    [0, 1].forEach((number) => own.receive("a", number, { isLocal: true }));
    read(ledger, "other", "a0");
    assert.deepEqual(ledger.findings(), []);
  });

  it("tells of many findings as a few", () => {
    const ledger = ledgerOf({ a: 1_000 });
    read(ledger, "one", "");
    const findings = ledger.findings();
    assert.equal(findings.length, 21);
    assert.equal(findings[20], "and 980 more");
  });
});
