import assert from "node:assert/strict";
import fc from "fast-check";
import { type Duty, Ledger, type Packet } from "./ledger";

/** A ledger in which the packets "0 of a", "1 of a" … and "0 of b" … were published, for everyone. */
function ledgerOf(counts: Record<string, number>): Ledger {
  const ledger = new Ledger();
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

describe("the ledger", () => {
  it("finds nothing wrong where all have all in one order", () => {
    const ledger = ledgerOf({ a: 3, b: 2 });
    read(ledger, "one", "a0 b0 a1 b1 a2");
    read(ledger, "two", "a0 b0 a1 b1 a2");
    assert.deepEqual(ledger.findings(), []);
    assert.equal(ledger.published, 5);
    assert.equal(ledger.lost, 0);
  });

  it("finds what is missing", () => {
    const ledger = ledgerOf({ a: 3 });
    read(ledger, "one", "a0 a1 a2");
    read(ledger, "two", "a0 a2");
    read(ledger, "three", "a0 a1");
    assert.deepEqual(ledger.findings(), [
      "two misses 1 of a",
      "three misses 2 of a",
    ]);
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

  it("finds that two clients saw two orders", () => {
    const ledger = ledgerOf({ a: 1, b: 1 });
    read(ledger, "one", "a0 b0");
    read(ledger, "two", "b0 a0");
    assert.deepEqual(ledger.findings(), [
      "one has 0 of a in an order of its own",
      "two has 0 of b in an order of its own",
    ]);
  });

  it("finds that there is no order of all, even if each two clients agree", () => {
    const ledger = new Ledger();
    const rooms: [string, string[]][] = [
      ["a", ["one", "three"]],
      ["b", ["one", "two"]],
      ["c", ["two", "three"]],
    ];
    const orders: Record<string, string> = {
      one: "ab",
      two: "bc",
      three: "ca",
    };
    for (const [sender] of rooms) {
      ledger.publish({ sender, number: 0, room: sender });
    }
    for (const [name, order] of Object.entries(orders)) {
      const senders = order.split("");
      const reader = ledger.reader(name, senders);
      senders.forEach((sender) => reader.receive(sender, 0));
    }
    assert.equal(ledger.findings().length, 3);
  });

  it("knows for whom a packet is", () => {
    const ledger = new Ledger();
    const packets: Omit<Packet, "sender" | "number">[] = [
      { room: "x" },
      { except: "x" },
      { room: "y", except: "x" },
    ];
    packets.forEach((packet, number) =>
      ledger.publish({ sender: "a", number, ...packet }),
    );
    const inX = ledger.reader("x", ["x"]);
    const inY = ledger.reader("y", ["y"]);
    inX.receive("a", 0);
    inY.receive("a", 1);
    inY.receive("a", 2);
    assert.deepEqual(ledger.findings(), []);
    inY.receive("a", 0);
    assert.deepEqual(ledger.findings(), [
      "y has 0 of a, which is not for it",
      "y has 0 of a after 2",
    ]);
  });

  it("finds what nobody has published", () => {
    const ledger = ledgerOf({ a: 1 });
    read(ledger, "one", "a0 a1");
    assert.deepEqual(ledger.findings(), [
      "one has 1 of a, which is not for it",
    ]);
  });

  it("allows for the last packets of a sender that was killed, if nobody has them", () => {
    const ledger = ledgerOf({ a: 4, b: 2 });
    read(ledger, "one", "a0 a1 b0 b1");
    read(ledger, "two", "a0 a1 b0 b1");
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
    assert.equal(ledger.lost, 1);
  });

  it("does not count as lost what was for nobody", () => {
    const ledger = new Ledger();
    ledger.noteKilled("a");
    ledger.publish({ sender: "a", number: 0, room: "x" });
    ledger.publish({ sender: "a", number: 1, room: "y" });
    ledger.reader("one", ["x"]);
    assert.equal(ledger.lost, 1);
  });

  it("takes what came by the process that was killed for no proof that it was passed on", () => {
    const ledger = ledgerOf({ a: 2 });
    ledger.noteKilled("a");
    const own = ledger.reader("own");
    [0, 1].forEach((number) => own.receive("a", number, { isLocal: true }));
    read(ledger, "other", "a0");
    assert.deepEqual(ledger.findings(), []);
  });

  it("finds that the order of several senders that share a line is broken", () => {
    const ledger = ledgerOf({ a: 1, b: 1 });
    const reader = ledger.reader("one");
    reader.receive("b", 0, { line: "worker 1", place: 8 });
    reader.receive("a", 0, { line: "worker 1", place: 7 });
    assert.deepEqual(ledger.findings(), [
      "one has 0 of a, which is 7 of worker 1, after 8",
    ]);
  });

  it("asks for no order of all where there is none, and of packets that have no place in it", () => {
    const unordered = new Ledger(false);
    const ledger = new Ledger();
    for (const [book, isOrdered] of [
      [unordered, true],
      [ledger, false],
    ] as const) {
      book.publish({ sender: "a", number: 0 });
      book.publish({ sender: "b", number: 0, isOrdered });
      read(book, "one", "a0 b0");
      read(book, "two", "b0 a0");
      assert.deepEqual(book.findings(), []);
    }
  });

  it("asks a packet for its duties at the end", () => {
    let duty: Duty = "may";
    const ledger = new Ledger();
    ledger.publish({ sender: "a", number: 0, dutyTo: () => duty });
    read(ledger, "one", "a0");
    read(ledger, "two", "");
    assert.deepEqual(ledger.findings(), []);
    assert.equal(ledger.arrived, 1);
    duty = "must";
    assert.deepEqual(ledger.findings(), ["two misses 0 of a"]);
    assert.deepEqual(ledger.missing(), ["two misses 0 of a"]);
    duty = "never";
    assert.deepEqual(ledger.findings(), [
      "one has 0 of a, which is not for it",
    ]);
  });

  it("tells of many findings as a few", () => {
    const ledger = ledgerOf({ a: 1_000 });
    read(ledger, "one", "");
    const findings = ledger.findings();
    assert.equal(findings.length, 21);
    assert.equal(findings[20], "and 980 more");
  });

  it("finds an order of all wherever there is one", () => {
    const packets = ["a", "b", "c", "d"];
    const orders = permutations(packets);
    const sequences = fc.array(fc.shuffledSubarray(packets, { minLength: 1 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(sequences, (seen) => {
        const ledger = new Ledger();
        packets.forEach((sender) =>
          ledger.publish({ sender, number: 0, room: sender }),
        );
        seen.forEach((sequence, i) => {
          const reader = ledger.reader(`${i}`, sequence);
          sequence.forEach((sender) => reader.receive(sender, 0));
        });
        const isOrdered = orders.some((order) =>
          seen.every((sequence) => {
            const part = order.filter((packet) => sequence.includes(packet));
            return part.join() === sequence.join();
          }),
        );
        assert.equal(ledger.findings().length === 0, isOrdered);
      }),
    );
  });
});

function permutations(items: string[]): string[][] {
  return items.length === 0
    ? [[]]
    : items.flatMap((item) =>
        permutations(items.filter((other) => other !== item)).map((rest) => [
          item,
          ...rest,
        ]),
      );
}
