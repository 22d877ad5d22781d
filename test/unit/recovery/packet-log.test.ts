import assert from "node:assert/strict";
import fc from "fast-check";
import {
  PacketLog,
  type LoggedPacket,
} from "../../../dist/recovery/packet-log";

const LIMITS = { maxLogBytes: 1e9, maxLogEntries: 1e9 };
const NONE = new Set<string>();
// what a room counts, in bytes: once, and for each packet that names it
const ROOM_SIZE = 256;
const NAME_SIZE = 40;

function append(
  log: PacketLog,
  rooms: string[] = [],
  { nsp = "/", size = 10, except = [] as string[], sender = "a" } = {},
): number {
  const number = log.append(
    sender,
    nsp,
    new Set(rooms),
    new Set(except),
    Buffer.alloc(size, log.last + 1),
    0,
    size,
  );
  log.copyAppended();
  return number;
}

function bytesMissed(log: PacketLog, after = 0): Buffer[] {
  return log.missed("/", after, [], () => true).map(({ bytes }) => bytes);
}

function numbersMissed(
  log: PacketLog,
  after: number,
  rooms: string[] = [],
  isFor: (packet: LoggedPacket) => boolean = () => true,
): number[] {
  return log.missed("/", after, rooms, isFor).map(({ number }) => number);
}

describe("the log of packets", () => {
  it("numbers them from 1 on", () => {
    const log = new PacketLog(LIMITS);
    assert.equal(log.last, 0);
    assert.deepEqual([append(log), append(log), log.last], [1, 2, 2]);
  });

  it("has those that a session may have missed, in their order, each once", () => {
    const log = new PacketLog(LIMITS);
    append(log, []);
    append(log, ["a", "b"]);
    append(log, ["c"]);
    append(log, [], { nsp: "/other" });
    append(log, ["b"]);
    append(log, []);
    assert.deepEqual(numbersMissed(log, 0, ["a", "b", "b"]), [1, 2, 5, 6]);
    assert.deepEqual(numbersMissed(log, 2, ["a", "b"]), [5, 6]);
    assert.deepEqual(numbersMissed(log, 0), [1, 6]);
    assert.deepEqual(numbersMissed(log, 6, ["a"]), []);
    assert.deepEqual(
      log.missed("/unknown", 0, [], () => true),
      [],
    );
  });

  it("leaves the decision to whoever knows the session", () => {
    const log = new PacketLog(LIMITS);
    append(log, ["a"], { except: ["x"], sender: "b" });
    const seen: LoggedPacket[] = [];
    numbersMissed(log, 0, ["a"], (packet) => {
      const { number, sender, rooms, except } = packet;
      seen.push({ number, sender, rooms, except });
      return false;
    });
    assert.deepEqual(seen, [
      { number: 1, sender: "b", rooms: ["a"], except: ["x"] },
    ]);
  });

  it("keeps a copy of the bytes", () => {
    const log = new PacketLog(LIMITS);
    const section = Buffer.from("head frame number two, and the third");
    const parts = [
      [5, 10],
      [10, 21],
      [31, 36],
    ] as const;
    for (const [start, end] of parts) {
      log.append("a", "/", NONE, NONE, section, start, end);
    }
    log.copyAppended();
    section.fill(0);
    const large = Buffer.alloc(1_000_000, 7);
    log.append("a", "/", NONE, NONE, large, 0, large.length);
    log.copyAppended();
    const texts = ["frame", " number two", "third"];
    assert.deepEqual(bytesMissed(log), [
      ...texts.map((text) => Buffer.from(text)),
      large,
    ]);
    assert.equal(log.byteLength, 1_000_021);
    assert.equal(log.size, 4);
  });

  it("has the bytes of each, wherever they are, when memory is used again", () => {
    const log = new PacketLog({ ...LIMITS, maxLogBytes: 1_000_000 });
    const sizes = [1, 100, 70_000, 10, 0, 300_000, 5_000];
    for (let round = 0; round < 50; round++) {
      const section = Buffer.concat(
        sizes.map((size, i) => Buffer.alloc(size, round * 7 + i)),
      );
      let start = 0;
      for (const size of sizes) {
        log.append("a", "/", NONE, NONE, section, start, start + size);
        start += size;
      }
      log.copyAppended();
      const missed = log.missed("/", 0, [], () => true);
      assert.equal(missed.length, log.size);
      for (const { number, bytes } of missed) {
        const expected = Buffer.alloc(
          sizes[(number - 1) % sizes.length] as number,
          number - 1,
        );
        assert.ok(bytes.equals(expected), `packet ${number}`);
      }
    }
    assert.ok(log.lost > 300);
  });

  it("takes little more memory than the packets, whatever their sizes", () => {
    const log = new PacketLog(LIMITS);
    for (const size of [40_000, 150_000, 300_000, 10, 256 * 1024]) {
      for (let i = 0; i < 50; i++) {
        append(log, [], { size });
        append(log, [], { size: 20 });
      }
    }
    const slabs = new Set(
      log.missed("/", 0, [], () => true).map(({ bytes }) => bytes.buffer),
    );
    const memory = Array.from(slabs).reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
    assert.ok(memory < 1.2 * log.byteLength, `${memory} bytes`);
  });

  it("removes the oldest beyond a number of packets, and says up to where it has", () => {
    const log = new PacketLog({ ...LIMITS, maxLogEntries: 2 });
    assert.equal(log.lost, 0);
    for (let i = 0; i < 5; i++) {
      append(log, i % 2 ? ["r"] : []);
    }
    assert.deepEqual([log.size, log.lost, log.last], [2, 3, 5]);
    assert.deepEqual(numbersMissed(log, 0, ["r"]), [4, 5]);
  });

  it("removes the oldest beyond a number of bytes", () => {
    const log = new PacketLog({ ...LIMITS, maxLogBytes: 25 });
    append(log);
    append(log);
    append(log);
    assert.deepEqual([log.size, log.byteLength, log.lost], [2, 20, 1]);
    append(log, [], { size: 26 });
    assert.deepEqual([log.size, log.byteLength, log.lost], [0, 0, 4]);
    assert.equal(append(log), 5);
    assert.deepEqual(numbersMissed(log, 0), [5]);
  });

  it("counts the rooms that packets name, which may take more memory than the packets", () => {
    const two = 2 * (10 + 3 * NAME_SIZE + 2 * ROOM_SIZE);
    const log = new PacketLog({ ...LIMITS, maxLogBytes: two });
    append(log, ["a", "b"], { except: ["x"] });
    append(log, ["c", "d"], { except: ["x"] });
    assert.equal(log.lost, 0);
    append(log, [], { size: 1 });
    assert.equal(log.lost, 1);
    append(log, ["c", "d"], { except: ["x"] });
    assert.equal(log.lost, 1);
  });

  it("removes the old ones without a loss", () => {
    const log = new PacketLog(LIMITS);
    [0, 1, 2].forEach(() => append(log));
    log.expire(2);
    assert.deepEqual([log.size, log.lost, log.expired], [1, 0, 2]);
    assert.deepEqual(numbersMissed(log, 0), [3]);
    log.expire(1);
    assert.equal(log.expired, 2);
    log.expire(99);
    assert.deepEqual([log.size, log.expired, log.last], [0, 3, 3]);
    assert.equal(append(log), 4);
  });

  it("gives a number to what it cannot keep, which is a loss", () => {
    const log = new PacketLog(LIMITS);
    append(log);
    assert.equal(log.skip(), 2);
    assert.deepEqual([log.size, log.lost, log.last], [1, 2, 2]);
    append(log);
    assert.deepEqual(numbersMissed(log, 0), [1, 3]);
    log.expire(2);
    assert.deepEqual(numbersMissed(log, 0), [3]);
  });

  it("is a list that is filtered from end to end, whatever is done to it", () => {
    const room = fc.constantFrom("a", "b", "c");
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("append" as const),
        rooms: fc.uniqueArray(room, { maxLength: 3 }),
        nsp: fc.constantFrom("/", "/x"),
        size: fc.nat({ max: 20 }),
      }),
      fc.record({ kind: fc.constant("skip" as const) }),
      fc.record({
        kind: fc.constant("expire" as const),
        back: fc.nat({ max: 9 }),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 1_000 }),
        (steps, maxLogEntries, maxLogBytes) => {
          const log = new PacketLog({ maxLogEntries, maxLogBytes });
          let naive: Array<{
            number: number;
            nsp: string;
            rooms: string[];
            size: number;
          }> = [];
          let lost = 0;
          let last = 0;
          for (const one of steps) {
            if (one.kind === "append") {
              append(log, one.rooms, one);
              naive.push({ number: ++last, ...one });
              const total = () => {
                const names = naive.flatMap(({ nsp, rooms }) =>
                  rooms.map((name) => `${nsp} ${name}`),
                );
                return (
                  naive.reduce((sum, { size }) => sum + size, 0) +
                  names.length * NAME_SIZE +
                  new Set(names).size * ROOM_SIZE
                );
              };
              while (naive.length > maxLogEntries || total() > maxLogBytes) {
                lost = (naive.shift() as { number: number }).number;
              }
            } else if (one.kind === "skip") {
              log.skip();
              lost = ++last;
            } else {
              log.expire(last - one.back);
              naive = naive.filter(({ number }) => number > last - one.back);
            }
            assert.deepEqual(
              [log.last, log.size, log.lost],
              [last, naive.length, lost],
            );
            for (const rooms of [[], ["a"], ["b", "c"]]) {
              assert.deepEqual(
                numbersMissed(log, last - 7, rooms),
                naive
                  .filter(
                    ({ number, nsp, rooms: selected }) =>
                      number > last - 7 &&
                      nsp === "/" &&
                      (selected.length === 0 ||
                        selected.some((name) => rooms.includes(name))),
                  )
                  .map(({ number }) => number),
              );
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("lets go of many packets as they are removed", () => {
    const log = new PacketLog({ ...LIMITS, maxLogEntries: 100 });
    for (let i = 0; i < 20_000; i++) {
      append(log, [`room-${i}`]);
    }
    assert.equal(log.size, 100);
    assert.deepEqual(numbersMissed(log, 0, ["room-19999", "room-5"]), [20_000]);
  });
});
