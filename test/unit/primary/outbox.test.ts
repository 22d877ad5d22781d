import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { PrimaryOutbox } from "../../../dist/primary/outbox";
import { FakePipe } from "../support/fake-pipe";

const HIGH_WATER_MARK = 64 * 1024;

describe("the outbox of the primary", () => {
  let pipe: FakePipe;
  let events: string[];
  let outbox: PrimaryOutbox;

  function setUp(maxBacklogBytes = 1e6, maxBacklogMessages = 100): void {
    pipe = new FakePipe();
    events = [];
    outbox = new PrimaryOutbox({
      maxBacklogBytes,
      maxBacklogMessages,
      send: pipe.send,
      onOverflow: () => events.push("overflow"),
      onResume: () => events.push("resume"),
    });
  }

  beforeEach(() => setUp());

  function backlog(): number[] {
    return [outbox.backlogBytes, outbox.backlogMessages];
  }

  /** The worker takes nothing for 0.4 s. */
  function silence(): void {
    [1, 2, 3, 4].forEach(() => outbox.tick());
  }

  it("sends plain messages one by one, as they are", async () => {
    const [a, b] = [{ a: 1 }, { b: 1 }];
    outbox.push(a);
    outbox.push(b);
    await pipe.drain();
    assert.deepEqual(
      pipe.sent.map((message) => message === a || message === b),
      [true, true],
    );
    assert.deepEqual(pipe.sent, [a, b]);
  });

  it("is busy while more than half of what may wait waits, or is under way", async () => {
    setUp(10, 100);
    outbox.push(Buffer.alloc(3));
    outbox.push(Buffer.alloc(2));
    assert.equal(outbox.isBusy, false);
    outbox.push(Buffer.alloc(1));
    assert.equal(outbox.isBusy, true);
    await pipe.drain();
    assert.equal(outbox.isBusy, false);
  });

  it("sends a section at once, and those that gather meanwhile together, without a copy", async () => {
    const sections = [Buffer.of(1), Buffer.of(2), Buffer.of(3)];
    sections.forEach((section) => outbox.push(section));
    assert.deepEqual(pipe.sections, [sections.slice(0, 1)]);
    await pipe.drain();
    assert.deepEqual(pipe.sections, [sections.slice(0, 1), sections.slice(1)]);
    pipe.sections.flat().forEach((one, i) => assert.equal(one, sections[i]));
    const { source, uid, nsp, type } = pipe.sent[0] as Record<string, unknown>;
    assert.deepEqual(
      [source, uid, nsp, type],
      ["_sio_adapter", "primary", "", 14],
    );
  });

  it("keeps the order of plain messages and sections", async () => {
    const plain = { a: 1 };
    const entries = [Buffer.of(1), Buffer.of(2), plain, Buffer.of(3)];
    entries.forEach((entry) => outbox.push(entry));
    await pipe.drain();
    const [one, two, three, four] = entries;
    assert.deepEqual(pipe.order, [one, two, three, four]);
  });

  it("puts sections together up to 64 KiB, and one that is larger alone", async () => {
    const sizes = [HIGH_WATER_MARK - 1, 1, 1, HIGH_WATER_MARK + 1, 1];
    outbox.push({});
    sizes.forEach((size) => outbox.push(Buffer.alloc(size)));
    await pipe.drain();
    assert.deepEqual(
      pipe.sections.map((sections) => sections.map(({ length }) => length)),
      [[HIGH_WATER_MARK - 1, 1], [1], [HIGH_WATER_MARK + 1], [1]],
    );
  });

  it("has two writes under way at the most, and sends what gathered meanwhile together", () => {
    for (let i = 0; i < 4; i++) {
      outbox.push({ i });
    }
    for (let i = 0; i < 5; i++) {
      outbox.push(Buffer.of(i));
    }
    assert.equal(pipe.underWay, 1);
    pipe.onSent();
    assert.deepEqual([pipe.sent.length, pipe.underWay], [3, 2]);
    pipe.onSent();
    pipe.onSent();
    assert.deepEqual(
      pipe.sections.map((sections) => sections.length),
      [5],
    );
    assert.deepEqual(backlog(), [5, 0]);
    pipe.onSent();
    pipe.onSent();
    assert.deepEqual(backlog(), [0, 0]);
  });

  it("counts bytes until they have been taken, and messages until they are sent", async () => {
    outbox.push(Buffer.alloc(10));
    assert.deepEqual(backlog(), [10, 0]);
    outbox.push({ plain: true });
    outbox.push("base");
    assert.deepEqual(backlog(), [14, 2]);
    pipe.onSent();
    assert.deepEqual(backlog(), [4, 0]);
    await pipe.drain();
    assert.deepEqual(backlog(), [0, 0]);
  });

  it("takes as much as the limits allow", async () => {
    setUp(10, 3);
    outbox.push(Buffer.alloc(5));
    outbox.push(Buffer.alloc(5));
    outbox.push({});
    await pipe.drain();
    assert.equal(pipe.order.length, 3);
    assert.deepEqual(events, []);
  });

  for (const [limit, entry] of [
    ["bytes", Buffer.alloc(4)],
    ["messages", { plain: true }],
  ] as const) {
    it(`discards its backlog when it has too many ${limit} for a worker that takes nothing, until it reads again`, () => {
      setUp(10, 3);
      const first = [{ n: 1 }, { n: 2 }, Buffer.alloc(3)];
      first.forEach((one) => outbox.push(one));
      pipe.onSent();
      assert.equal(pipe.underWay, 2);
      for (let i = 0; i < 4; i++) {
        outbox.push(entry);
      }
      assert.deepEqual(events, []);
      silence();
      outbox.push(entry);
      assert.deepEqual(events, ["overflow"]);
      assert.equal(outbox.backlogMessages, 0);
      outbox.push({ late: true });
      pipe.onSent();
      assert.deepEqual(events, ["overflow"]);
      pipe.onSent();
      assert.deepEqual(events, ["overflow", "resume"]);
      assert.deepEqual(pipe.order, first);
      outbox.push({ again: true });
      assert.deepEqual(pipe.order, [...first, { again: true }]);
    });
  }

  it("has something under way when it discards its backlog, so that it drains", async () => {
    setUp(10, 3);
    for (let n = 0; n < 6; n++) {
      outbox.push({ n });
      outbox.tick();
    }
    assert.deepEqual(pipe.sent, [{ n: 0 }]);
    assert.deepEqual(events, ["overflow"]);
    await pipe.drain();
    assert.deepEqual(events, ["overflow", "resume"]);
    outbox.push({ again: true });
    assert.deepEqual(pipe.sent.slice(1), [{ again: true }]);
  });

  it("lets a section through that is larger than the limit, whatever is under way", async () => {
    setUp(10, 3);
    const entries = [Buffer.alloc(1_000), Buffer.alloc(1_001)];
    outbox.push(entries[0] as Buffer);
    silence();
    outbox.push(entries[1] as Buffer);
    await pipe.drain();
    assert.deepEqual(pipe.order, entries);
    assert.deepEqual(events, []);
  });

  for (const [limit, entry, count] of [
    ["bytes", Buffer.alloc(5), 32],
    ["messages", { plain: true }, 48],
  ] as const) {
    it(`lets a worker that takes what it is sent have 16 times as many ${limit}`, () => {
      setUp(10, 3);
      outbox.push({ first: true });
      for (let i = 0; i < count; i++) {
        outbox.push(entry);
      }
      silence();
      pipe.onSent();
      outbox.push(entry);
      assert.deepEqual(events, []);
      for (let i = 0; i < 50; i++) {
        outbox.push(entry);
      }
      assert.deepEqual(events, ["overflow"]);
    });
  }

  it("takes a worker that has had nothing to take for one that reads", () => {
    setUp(10, 3);
    outbox.push({});
    pipe.onSent();
    silence();
    for (let i = 0; i < 10; i++) {
      outbox.push({});
    }
    assert.deepEqual(events, []);
  });

  it("sends nothing when it is closed, in whatever state it is", async () => {
    outbox.push({ n: 0 });
    outbox.push(Buffer.of(1));
    outbox.close();
    outbox.push(Buffer.of(1));
    await pipe.drain();
    assert.deepEqual(pipe.sent, [{ n: 0 }]);
    assert.deepEqual(backlog(), [0, 0]);

    setUp(10, 3);
    outbox.push({ n: 0 });
    outbox.push(Buffer.alloc(5));
    silence();
    outbox.push(Buffer.alloc(6));
    outbox.close();
    await pipe.drain();
    outbox.push({ late: true });
    await pipe.drain();
    assert.deepEqual(pipe.sent, [{ n: 0 }]);
    assert.deepEqual(events, ["overflow"]);
  });

  it("sends everything once and in order, whatever the worker takes when", async () => {
    const step = fc.oneof(
      fc.integer({ min: 0, max: 40_000 }).map((size) => Buffer.alloc(size)),
      fc.nat().map((n) => ({ n })),
      fc.constantFrom("turn" as const, "sent" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        setUp(1e9, 1e9);
        for (const step of steps) {
          if (step === "turn") {
            await nextTurn();
          } else if (step === "sent") {
            pipe.onSent();
          } else {
            outbox.push(step);
          }
          assert.ok(pipe.underWay <= 2);
        }
        await pipe.drain();
        const pushed = steps.filter((one) => typeof one !== "string");
        assert.equal(pipe.order.length, pushed.length);
        pipe.order.forEach((one, i) => assert.equal(one, pushed[i]));
        assert.deepEqual(backlog(), [0, 0]);
        assert.deepEqual(events, []);
      }),
    );
  });

  it("lets go of a long queue as it is sent", async () => {
    setUp(1e9, 1e9);
    const many = Array.from({ length: 10_000 }, (_, n) => ({ n }));
    many.forEach((one) => outbox.push(one));
    await pipe.drain();
    assert.deepEqual(pipe.order, many);
    assert.deepEqual(backlog(), [0, 0]);
  });
});
