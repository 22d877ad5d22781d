import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  readFrames,
  readTarget,
  type PacketFrame,
} from "../../../dist/wire/frame-reader";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import { readMissed, writeMissed } from "../../../dist/wire/missed-packets";
import {
  echoOf,
  isEcho,
  refOf,
  setFirstNumber,
} from "../../../dist/wire/ordered-section";
import { decodeValue } from "../../../dist/wire/values";
import { textFrame } from "../../../dist/wire/ws-frame";
import { encodeNaively, type NaiveMessage } from "../support/naive-frames";
import { readAll, writeAll } from "../support/read-frames";
import { sampleSession } from "../support/sample-session";

const PROTOCOL = resolve(__dirname, "../../../docs/protocol.md");
const ORIGIN = { uid: "a1", nsp: "/" };
const ORIGIN_FRAME = "01 05000000 04 6131 02 2f";
const OPTS = { rooms: new Set<string>() };
const PLAIN = {
  rooms: [] as unknown[],
  except: [] as unknown[],
  volatile: false,
  compress: undefined as boolean | undefined,
  requestId: undefined as string | undefined,
};

function hex(text: string): string {
  return text.replace(/\s/g, "");
}

/** The body of the frame in which a packet leaves. */
function packetHex(
  header: Partial<typeof PLAIN>,
  parts: Array<string | Buffer> = [],
): string {
  const [section, ...others] = writeAll([
    { origin: ORIGIN, ...PLAIN, ...header, parts },
  ]) as [Buffer];
  assert.equal(others.length, 0);
  const text = section.toString("hex");
  const start = hex(`00 ${ORIGIN_FRAME} 02`);
  assert.equal(text.slice(0, start.length), start);
  const length = section.readUInt32LE(start.length / 2);
  const body = text.slice(start.length + 8);
  assert.equal(body.length, length * 2);
  return body;
}

function message(target?: string, origin = ORIGIN): NaiveMessage {
  return { origin, target, type: 5, data: Buffer.of(0xaa) };
}

describe("frames", () => {
  const headers: Array<[string, Partial<typeof PLAIN>, string]> = [
    ["nothing but what has to be", {}, "00"],
    ["a volatile packet", { volatile: true }, "01"],
    ["no compression", { compress: false }, "02"],
    ["compression", { compress: true }, "06"],
    ["a request id", { requestId: "r" }, "08 02 72"],
    [
      "all flags at once",
      {
        volatile: true,
        compress: true,
        requestId: "",
        rooms: [""],
        except: [""],
      },
      "3f 00 01 00 00 01 00 00",
    ],
    [
      "rooms and exceptions",
      { rooms: ["r", "é"], except: ["x"] },
      "30 02 00 02 72 00 04 c3a9 01 00 02 78",
    ],
    [
      "rooms that are numbers",
      { rooms: [1, -0.5] },
      "10 02 01 000000000000f03f 01 000000000000e0bf",
    ],
    [
      "rooms that are symbols or objects",
      { rooms: [Symbol("s"), {}], except: [() => {}] },
      "30 02 02 02 01 02",
    ],
    [
      "rooms that are other primitives",
      { rooms: [true, null] },
      "10 02 03 03 ff0f54 03 03 ff0f30",
    ],
    [
      "a name with half a surrogate pair",
      { rooms: ["\ud83d"] },
      "10 01 00 05 3dd8",
    ],
    [
      "a name with a whole surrogate pair",
      { rooms: ["😀"] },
      "10 01 00 09 3dd800de",
    ],
    [
      "a name of more than 63 bytes",
      { rooms: ["r".repeat(100)] },
      `10 01 00 c801 ${"72".repeat(100)}`,
    ],
  ];
  for (const [title, header, expected] of headers) {
    it(`have a header for ${title}`, () => {
      assert.equal(packetHex(header), hex(expected));
    });
  }

  it("carry the parts of a packet behind its header, as WebSocket frames", () => {
    assert.equal(
      packetHex({}, ["é", Buffer.of(1, 2), "", Buffer.alloc(0)]),
      hex("00 81 03 34 c3a9 82 02 0102 81 01 34 82 00"),
    );
  });

  it("have parts of any length", () => {
    for (const [length, size] of [
      [124, "7d"],
      [125, "7e007e"],
      [65_534, "7effff"],
      [65_535, "7f0000000000010000"],
    ] as const) {
      const text = "x".repeat(length);
      const body = packetHex({}, [text]);
      assert.equal(body, hex(`00 81 ${size} 34`) + "78".repeat(length));
      const bytes = Buffer.alloc(length + 1);
      assert.equal(
        packetHex({}, [bytes]),
        hex(`00 82 ${size}`) + "00".repeat(length + 1),
      );
    }
  });

  it("write a text as UTF-8, whatever is in it", () => {
    assert.equal(
      packetHex({}, ["\ud83d", "😀"]),
      hex("00 81 04 34 efbfbd 81 05 34 f09f9880"),
    );
    // shorter than 126 in UTF-16
    const text = "é".repeat(100);
    assert.equal(
      packetHex({}, [text]),
      hex("00 81 7e00c9 34") + "c3a9".repeat(100),
    );
  });

  it("have room for an offset in one of their parts", () => {
    const text = `2["${"-".repeat(15)}"]`;
    const writer = new FrameWriter();
    const parts = [text, Buffer.of(1)];
    const place = { part: 0, tail: 17 };
    const { ref } = writer.writeOrdered(ORIGIN, OPTS, parts, place, true);
    assert.equal(ref, 1);
    const [section] = writer.take() as [Buffer];
    const start = `02 000000000000 01000000 ${ORIGIN_FRAME}`;
    assert.equal(
      section.toString("hex"),
      hex(
        `${start} 02 1f000000 c0 14000000 81 15 34 ${Buffer.from(text).toString("hex")} 82 01 01`,
      ),
    );
    const [packet] = packetsOf(section);
    packet.stamp({ epoch: "epoch-", number: 64 });
    const stamped = ['2["epoch-.------0-"]', Buffer.of(1)];
    assert.deepEqual(packet.copy().readParts(), stamped);
    const { bytes } = packet;
    const numbers = [7, 2 ** 40];
    const missed = writeMissed(numbers.map((number) => ({ number, bytes })));
    const read = readMissed(missed);
    assert.deepEqual(
      read.map(({ number }) => number),
      numbers,
    );
    read.forEach((one) => assert.deepEqual(one.readParts(), stamped));
  });

  it("are numbered from the first one of their section on", () => {
    const writer = new FrameWriter();
    const write = (isNumbered: boolean) =>
      writer.writeOrdered(ORIGIN, OPTS, ["2[]"], undefined, isNumbered).ref;
    // the third needs none, and is where it was written all the same
    const refs = [true, true, false, true].map(write);
    assert.deepEqual(refs, [1, 1, undefined, 1]);
    const [section, ...others] = writer.take() as [Buffer];
    assert.deepEqual(others, []);
    const read = () =>
      packetsOf(section).map(({ ref, number }) => [ref, number]);
    const unset = [undefined, 0];
    assert.deepEqual(read(), [[1, 0], [1, 0], unset, [1, 0]]);
    const first = 2 ** 40;
    setFirstNumber(section, first);
    const numbers = [[1, first], [1, first + 1], unset, [1, first + 2]];
    assert.deepEqual(read(), numbers);
    assert.deepEqual(
      packetsOf(section).map((packet) => packet.copy().number),
      [first, first + 1, 0, first + 2],
    );
    assert.equal(write(true), 2);
  });

  it("that need no number stand in a section of their own before those that do", () => {
    const writer = new FrameWriter();
    for (const isNumbered of [false, true]) {
      writer.writeOrdered(ORIGIN, OPTS, ["2[]"], undefined, isNumbered);
    }
    const sections = writer.take();
    assert.deepEqual(
      sections.map(([target]) => target),
      [0, 2],
    );
    assert.deepEqual(sections.map(isEcho), [false, false]);
    const echo = echoOf(sections[1] as Buffer);
    assert.equal(isEcho(echo), true);
    assert.equal(refOf(echo), 1);
  });

  it("tell the WebSocket frame of a single text", () => {
    const writer = new FrameWriter();
    const write = (...parts: Array<string | Buffer>) =>
      writer.writePacket(ORIGIN, { rooms: new Set() }, undefined, parts);
    for (const text of ["", "hi", "é", "x".repeat(70_000)]) {
      assert.deepEqual(write(text), textFrame(text));
    }
    assert.equal(write("hi", "ho"), undefined);
    assert.equal(write(Buffer.of(1)), undefined);
  });

  it("carry a message to everyone, or to one node", () => {
    const body = "03 02000000 05 aa";
    assert.deepEqual(
      writeAll([message(), message("b1")]).map((one) => one.toString("hex")),
      [
        hex(`00 ${ORIGIN_FRAME} ${body}`),
        hex(`01 04 6231 ${ORIGIN_FRAME} ${body}`),
      ],
    );
  });

  it("name their origin when it changes, and once in each section", () => {
    const other = { uid: "a2", nsp: "/" };
    const [first, second, third] = writeAll([
      message(),
      message(),
      message(undefined, other),
      message("b1", other),
      message("b1", other),
      message(undefined, other),
    ]).map((section) => kindsOf(section));
    assert.deepEqual(first, [1, 3, 3, 1, 3]);
    assert.deepEqual(second, [1, 3, 3]);
    assert.deepEqual(third, [1, 3]);
  });

  it("are the sample session of the document, byte by byte", () => {
    const document = readFileSync(PROTOCOL, "utf8");
    const documented = (
      (/```hex\n([^]*?)```/.exec(document) as RegExpExecArray)[1] as string
    )
      .split(/^section.*$/m)
      .map((section) => hex(section.replace(/#.*$/gm, "")))
      .filter(Boolean);
    const toHex = (sections: Buffer[]) =>
      sections.map((section) => section.toString("hex"));
    assert.deepEqual(toHex(writeAll(sampleSession())), documented);
    assert.deepEqual(toHex(encodeNaively(sampleSession())), documented);
    const sections = documented.map((text) => Buffer.from(text, "hex"));
    const frames = readAll(sections);
    assert.deepEqual(frames, sampleSession());
    assert.deepEqual(decodeValue((frames[2] as NaiveMessage).data as Buffer), {
      requestId: "r1",
    });
  });

  it("of an unknown kind are passed over", () => {
    const section = hex(
      `00 00 01000000 ff ${ORIGIN_FRAME} 7f 00000000 03 01000000 05 7e 02000000 0102`,
    );
    const types: number[] = [];
    readFrames(Buffer.from(section, "hex"), {
      onOrigin: () => {},
      onPacket: () => assert.fail(),
      onMessage: (type) => types.push(type),
      onSession: () => assert.fail(),
    });
    assert.deepEqual(types, [5]);
  });

  const violations: Array<[string, string, string]> = [
    ["W4", "a target that is unknown", "03"],
    ["W4", "nothing to number", "02 000000000000 01000000"],
    ["W7", "half a number", "02 000000"],
    ["W5", "a packet without an origin", "00 02 00000000"],
    ["W5", "a message without an origin", "00 03 01000000 05"],
    ["W7", "nothing", ""],
    ["W7", "half a length", "00 01 0b00"],
    ["W7", "a body that is too short", "00 01 05000000 04 6131 02"],
    ["W7", "an origin of half a name", "00 01 02000000 04 61"],
    ["W7", "a message without a type", `00 ${ORIGIN_FRAME} 03 00000000`],
    [
      "W7",
      "more rooms than there are bytes",
      `00 ${ORIGIN_FRAME} 02 05000000 10 ffffff0f`,
    ],
    [
      "W7",
      "a number of more than 35 bits",
      `00 ${ORIGIN_FRAME} 02 07000000 10 ffffffffff01`,
    ],
    [
      "W7",
      "a part that is cut short",
      `00 ${ORIGIN_FRAME} 02 04000000 00 81 03 34`,
    ],
    [
      "W8",
      "a room of an unknown type",
      `00 ${ORIGIN_FRAME} 02 03000000 10 01 04`,
    ],
    [
      "W8",
      "a room that cannot be read",
      `00 ${ORIGIN_FRAME} 02 05000000 10 01 03 01 00`,
    ],
    [
      "W9",
      "a part of an unknown type",
      `00 ${ORIGIN_FRAME} 02 03000000 00 88 00`,
    ],
    ["W9", "an empty text", `00 ${ORIGIN_FRAME} 02 03000000 00 81 00`],
    [
      "W9",
      "a text that is no message",
      `00 ${ORIGIN_FRAME} 02 04000000 00 81 01 32`,
    ],
    [
      "W11",
      "room for an offset that is too small",
      `00 ${ORIGIN_FRAME} 02 08000000 80 0e000000 81 01 34`,
    ],
    [
      "W11",
      "room for an offset outside of the parts",
      `00 ${ORIGIN_FRAME} 02 08000000 80 10000000 81 01 34`,
    ],
    [
      "W9",
      "a part with a mask",
      `00 ${ORIGIN_FRAME} 02 07000000 00 81 80 00000000`,
    ],
  ];
  for (const [rule, title, bytes] of violations) {
    it(`break the rule ${rule} with ${title}`, () => {
      assert.throws(() => readAll([Buffer.from(hex(bytes), "hex")]), {
        name: "ClusterAdapterError",
        code: "ERR_PROTOCOL",
        message: new RegExp(`^\\[${rule}\\] `),
      });
    });
  }

  it("can be many and large", () => {
    const writer = new FrameWriter();
    const sizes = [10, 70_000, 200_000, 3_000_000, 10];
    const frames = sizes.map((size, i) =>
      i % 2 === 0
        ? { ...message(), data: Buffer.alloc(size, i) }
        : { ...PLAIN, origin: ORIGIN, parts: ["é".repeat(size)] },
    );
    for (let round = 0; round < 2; round++) {
      const [section] = writeAll(frames, writer) as [Buffer];
      assert.deepEqual(readAll([section]), frames);
    }
  });

  it("take as much memory as they need, and a large one lets go of it", () => {
    const writer = new FrameWriter();
    const write = (text: string): Buffer => {
      writer.writePacket(ORIGIN, { rooms: new Set() }, undefined, [text]);
      return writer.take()[0] as Buffer;
    };
    const large = write("é".repeat(1e6));
    assert.ok(large.length > 2e6);
    assert.ok(large.buffer.byteLength < 2.1e6);
    assert.ok(write("small").buffer.byteLength < 100_000);
  });

  it("are counted in bytes until they are taken, and begin anew then", () => {
    const writer = new FrameWriter();
    assert.equal(writer.byteLength, 0);
    assert.deepEqual(writer.take(), []);
    writer.writeMessage(ORIGIN, undefined, 5, Buffer.of(1));
    assert.equal(writer.byteLength, 1 + 10 + 7);
    writer.writeMessage(ORIGIN, "b1", 5, Buffer.of(1));
    assert.equal(writer.byteLength, 18 + 4 + 10 + 7);
    const taken = writer.take();
    assert.equal(Buffer.concat(taken).length, 39);
    assert.equal(writer.byteLength, 0);
    const copies = taken.map((section) => Buffer.from(section));
    for (const target of ["b1", undefined]) {
      writer.writeMessage(ORIGIN, target, 6, Buffer.of(2));
      const sections = writer.take();
      assert.deepEqual(sections.map(readTarget), [target]);
      assert.deepEqual(kindsOf(sections[0] as Buffer), [1, 3]);
    }
    assert.deepEqual(taken, copies);
  });

  it("have a target with any uid", () => {
    const [section] = writeAll([message("\ud83d-é")]);
    assert.equal(readTarget(section as Buffer), "\ud83d-é");
  });
});

function packetsOf(section: Buffer): [PacketFrame, ...PacketFrame[]] {
  const packets: PacketFrame[] = [];
  readFrames(section, {
    onOrigin: () => {},
    onPacket: (packet) => packets.push(packet),
    onMessage: () => {},
    onSession: () => {},
  });
  return packets as [PacketFrame, ...PacketFrame[]];
}

/** The kinds of the frames in a section, by its bytes. */
function kindsOf(section: Buffer): number[] {
  const kinds: number[] = [];
  let offset = section[0] === 0 ? 1 : 2 + (section[1] as number) / 2;
  while (offset < section.length) {
    kinds.push(section[offset] as number);
    offset += 5 + section.readUInt32LE(offset + 1);
  }
  return kinds;
}
