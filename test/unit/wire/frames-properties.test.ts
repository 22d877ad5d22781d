import assert from "node:assert/strict";
import fc from "fast-check";
import { ClusterAdapterError } from "../../../dist/errors";
import {
  decodeNaively,
  encodeNaively,
  OTHER_ROOM,
  type NaiveFrame,
  type NaiveOrigin,
} from "../support/naive-frames";
import { readAll, writeAll } from "../support/read-frames";
import { sampleSession } from "../support/sample-session";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  // halves of surrogate pairs, too
  fc
    .array(fc.nat({ max: 0xffff }), { maxLength: 4 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "\ufeff", "\ud83d", "a\udc00b", "😀"),
);
const bytes = fc
  .uint8Array({ maxLength: 20 })
  .map((array) => Buffer.from(array));
// as in a Set, in which 0 and -0 are the same
const rooms = fc.uniqueArray(
  fc.oneof(
    text,
    fc.double().filter((number) => !Object.is(number, -0)),
    fc.constantFrom<unknown>(0, 1, "1", 1n, true, null, OTHER_ROOM),
  ),
  { maxLength: 4, comparator: "SameValueZero" },
);
const origins: NaiveOrigin[] = [
  { uid: "a1", nsp: "/" },
  { uid: "a1", nsp: "/news" },
  { uid: "\udfff", nsp: "/é😀" },
];
const origin = fc.constantFrom(...origins);

const comparable = { noNullPrototype: true };
const message = fc.record(
  {
    origin,
    target: fc.option(fc.constantFrom("b1", "b2", "é"), { nil: undefined }),
    type: fc.nat({ max: 255 }),
    data: bytes,
  },
  comparable,
);
const packet = fc.record(
  {
    origin,
    rooms,
    except: rooms,
    volatile: fc.boolean(),
    compress: fc.constantFrom(undefined, false, true),
    requestId: fc.option(text, { nil: undefined }),
    parts: fc.array(
      fc.oneof(
        text.map((value) => Buffer.from(value).toString()),
        bytes,
      ),
      { maxLength: 3 },
    ),
  },
  comparable,
);
const numbered = packet.map((given) => ({
  ...given,
  requestId: undefined,
  isNumbered: true,
}));
const frames: fc.Arbitrary<NaiveFrame[]> = fc.array(
  fc.oneof(message, packet, numbered),
  {
    maxLength: 8,
  },
);

// shown when the run fails; FUZZ_SEED repeats it
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

/** Reads what may be damaged; returns whether it was found to be. */
function survives(section: Buffer): boolean {
  try {
    readAll([section]);
    return true;
  } catch (error) {
    assert.ok(error instanceof ClusterAdapterError, `seed ${seed}: ${error}`);
    assert.equal(error.code, "ERR_PROTOCOL");
    return false;
  }
}

function assertStillReads(): void {
  const sections = writeAll(sampleSession());
  assert.deepEqual(readAll(sections), sampleSession());
}

describe("frames, whatever is in them,", () => {
  it("are written byte by byte as a naive codec writes them", () => {
    fc.assert(
      fc.property(frames, (given) => {
        assert.deepEqual(writeAll(given), encodeNaively(given));
      }),
      { numRuns: 1_000 },
    );
  });

  it("have room for an offset where a naive codec has it", () => {
    const place = fc.record({ part: fc.nat({ max: 2 }), tail: fc.nat() });
    fc.assert(
      fc.property(numbered, place, bytes, (given, { part, tail }, data) => {
        const long = Buffer.concat([data, Buffer.alloc(15)]);
        const parts = Array.from({ length: 3 }, () => long);
        const room = { part, tail: 15 + (tail % (long.length - 14)) };
        const frame = { ...given, parts, place: room };
        assert.deepEqual(writeAll([frame]), encodeNaively([frame]));
      }),
    );
  });

  it("are read as a naive codec reads them, which is what was written", () => {
    fc.assert(
      fc.property(frames, (given) => {
        const read = readAll(encodeNaively(given));
        assert.deepEqual(read, given);
        assert.deepEqual(read, decodeNaively(writeAll(given)));
      }),
      { numRuns: 1_000 },
    );
  });

  it("lose the half of a surrogate pair in a part only", () => {
    const given = { ...packetOf(["a\ud83d"]), rooms: ["a\ud83d"] };
    const [read] = readAll(writeAll([given]));
    assert.deepEqual(read, { ...given, parts: ["a\ufffd"] });
  });

  it("break the protocol and nothing else when they are cut at any place", () => {
    fc.assert(
      fc.property(frames, (given) => {
        for (const section of writeAll(given)) {
          let unharmed = 0;
          for (let end = 0; end < section.length; end++) {
            unharmed += survives(section.subarray(0, end)) ? 1 : 0;
          }
          // the ends of its frames, the last one apart; what is to be numbered is never nothing
          const isOrdered = section[0] === 2;
          assert.equal(unharmed, frameCount(section) - (isOrdered ? 1 : 0));
        }
        assertStillReads();
      }),
      { numRuns: 50 },
    );
  });

  it("break the protocol and nothing else when their bytes are changed", () => {
    const flips = fc.array(
      fc.record({ at: fc.nat(), to: fc.nat({ max: 255 }) }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(frames, flips, (given, changes) => {
        for (const section of writeAll(given)) {
          for (const { at, to } of changes) {
            section[at % section.length] = to;
            survives(section);
          }
        }
        assertStillReads();
      }),
      { numRuns: 2_000, seed },
    );
  });

  it("break the protocol and nothing else when they are noise", () => {
    const noise = fc
      .array(fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 255 })), {
        maxLength: 60,
      })
      .map((array) => Buffer.from(array));
    const counts = { read: 0, refused: 0 };
    fc.assert(
      fc.property(noise, (section) => {
        counts[survives(section) ? "read" : "refused"]++;
      }),
      { numRuns: 20_000, seed },
    );
    assert.ok(counts.refused > 1_000, `seed ${seed}`);
    assertStillReads();
  });
});

function packetOf(parts: string[]) {
  return {
    origin: origins[0] as NaiveOrigin,
    rooms: [] as unknown[],
    except: [],
    volatile: false,
    compress: undefined,
    requestId: undefined,
    parts,
  };
}

function frameCount(section: Buffer): number {
  let count = 0;
  // the targets have short names
  const heads = [1, 2 + (section[1] as number) / 2, 11];
  let offset = heads[section[0] as number] as number;
  while (offset < section.length) {
    count++;
    offset += 5 + section.readUInt32LE(offset + 1);
  }
  return count;
}
