import { deserialize, serialize } from "node:v8";

/** The frames of docs/protocol.md by other means: lists of numbers, one after the other, and no speed at all. */
export interface NaiveOrigin {
  readonly uid: string;
  readonly nsp: string;
}

export interface NaivePacket {
  readonly origin: NaiveOrigin;
  readonly rooms: unknown[];
  readonly except: unknown[];
  readonly volatile: boolean;
  readonly compress: boolean | undefined;
  readonly requestId: string | undefined;
  readonly parts: Array<string | Uint8Array>;
  /** Whether the primary is to number it. */
  readonly isNumbered?: boolean;
  /** The number of bytes from the room for an offset to the end of a part. */
  readonly place?: { part: number; tail: number };
}

export interface NaiveMessage {
  readonly origin: NaiveOrigin;
  readonly target: string | undefined;
  readonly type: number;
  readonly data: Uint8Array;
}

export type NaiveFrame = NaivePacket | NaiveMessage;

/** Stands for a room that is a symbol or an object. */
export const OTHER_ROOM = Symbol("other");

function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

function varint(value: number): number[] {
  return value < 128
    ? [value]
    : [128 + (value % 128), ...varint(Math.floor(value / 128))];
}

function name(value: string): number[] {
  const units = value.split("").map((unit) => unit.charCodeAt(0));
  if (!units.some((unit) => unit >= 0xd800 && unit <= 0xdfff)) {
    const bytes = [...new TextEncoder().encode(value)];
    return [...varint(bytes.length * 2), ...bytes];
  }
  const bytes = units.flatMap((unit) => [unit & 0xff, unit >> 8]);
  return [...varint(bytes.length * 2 + 1), ...bytes];
}

function room(value: unknown): number[] {
  if (typeof value === "string") {
    return [0, ...name(value)];
  }
  if (value === null || ["boolean", "bigint"].includes(typeof value)) {
    const bytes = serialize(value);
    return [3, ...varint(bytes.length), ...bytes];
  }
  if (typeof value !== "number") {
    return [2];
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return [1, ...new Uint8Array(view.buffer)];
}

function rooms(values: unknown[]): number[] {
  return values.length === 0
    ? []
    : [...varint(values.length), ...values.flatMap(room)];
}

/** A part, as the WebSocket frame of RFC 6455 that a client would receive. */
function part(value: string | Uint8Array): number[] {
  const payload =
    typeof value === "string"
      ? ["4".charCodeAt(0), ...new TextEncoder().encode(value)]
      : [...value];
  const { length } = payload;
  const size =
    length < 126
      ? [length]
      : length < 2 ** 16
        ? [126, length >> 8, length & 0xff]
        : [127, 0, 0, 0, 0, ...u32(length).reverse()];
  return [typeof value === "string" ? 0x81 : 0x82, ...size, ...payload];
}

function frame(kind: number, body: number[]): number[] {
  return [kind, ...u32(body.length), ...body];
}

function packet(value: NaivePacket): number[] {
  const { compress, requestId } = value;
  const { isNumbered, place } = value;
  const parts = value.parts.map(part);
  const behind = parts.slice((place?.part ?? 0) + 1).flat().length;
  const flags =
    (value.volatile ? 1 : 0) +
    (compress === undefined ? 0 : compress ? 6 : 2) +
    (requestId === undefined ? 0 : 8) +
    (value.rooms.length > 0 ? 16 : 0) +
    (value.except.length > 0 ? 32 : 0) +
    (isNumbered ? 64 : 0) +
    (place === undefined ? 0 : 128);
  return frame(2, [
    flags,
    ...(place === undefined ? [] : u32(place.tail + behind)),
    ...(requestId === undefined ? [] : name(requestId)),
    ...rooms(value.rooms),
    ...rooms(value.except),
    ...parts.flat(),
  ]);
}

export function encodeNaively(frames: NaiveFrame[]): Buffer[] {
  const sections: number[][] = [];
  let target: string | undefined;
  let origin: NaiveOrigin | undefined;
  let ref = 0;
  for (const one of frames) {
    const to = "type" in one ? one.target : undefined;
    const isNumbered = "parts" in one && one.isNumbered === true;
    let section = sections[sections.length - 1] ?? [];
    // what needs no number may stand between those that do
    if (
      section.length === 0 ||
      to !== target ||
      (section[0] === 0 && isNumbered)
    ) {
      section = isNumbered
        ? [2, 0, 0, 0, 0, 0, 0, ...u32(++ref)]
        : to === undefined
          ? [0]
          : [1, ...name(to)];
      sections.push(section);
      target = to;
      origin = undefined;
    }
    if (one.origin !== origin) {
      origin = one.origin;
      section.push(...frame(1, [...name(origin.uid), ...name(origin.nsp)]));
    }
    section.push(
      ...("type" in one ? frame(3, [one.type, ...one.data]) : packet(one)),
    );
  }
  return sections.map((bytes) => Buffer.from(bytes));
}

/** Takes what it reads off the front of a list. */
class Bytes {
  left: number[];

  constructor(bytes: Iterable<number>) {
    this.left = [...bytes];
  }

  take(count: number): number[] {
    return this.left.splice(0, count);
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  u32(): number {
    return this.take(4).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  /** The target of a section. */
  target(): string | undefined {
    const kind = this.u8();
    // a number and a reference
    this.take(kind === 2 ? 10 : 0);
    return kind === 1 ? this.name() : undefined;
  }

  varint(): number {
    const byte = this.u8();
    return byte < 128 ? byte : byte - 128 + 128 * this.varint();
  }

  text(length: number): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      Uint8Array.from(this.take(length)),
    );
  }

  name(): string {
    const length = this.varint();
    if (length % 2 === 0) {
      return this.text(length / 2);
    }
    let result = "";
    for (let i = (length - 1) / 2; i > 0; i -= 2) {
      const [low, high] = this.take(2) as [number, number];
      result += String.fromCharCode(low + high * 256);
    }
    return result;
  }

  room(): unknown {
    const tag = this.u8();
    if (tag === 0) {
      return this.name();
    }
    if (tag === 3) {
      return deserialize(Buffer.from(this.take(this.varint()))) as unknown;
    }
    return tag === 2
      ? OTHER_ROOM
      : new DataView(Uint8Array.from(this.take(8)).buffer).getFloat64(0, true);
  }

  rooms(): unknown[] {
    return Array.from({ length: this.varint() }, () => this.room());
  }

  parts(): Array<string | Uint8Array> {
    const parts: Array<string | Uint8Array> = [];
    while (this.left.length > 0) {
      const opcode = this.u8();
      const short = this.u8();
      const size = short < 126 ? [short] : this.take(short === 126 ? 2 : 8);
      const length = size.reduce((sum, byte) => sum * 256 + byte, 0);
      parts.push(
        opcode === 0x81
          ? this.text(length).slice(1)
          : Buffer.from(this.take(length)),
      );
    }
    return parts;
  }
}

export function decodeNaively(sections: Buffer[]): NaiveFrame[] {
  const frames: NaiveFrame[] = [];
  for (const section of sections) {
    const bytes = new Bytes(section);
    const target = bytes.target();
    let origin = { uid: "", nsp: "" };
    while (bytes.left.length > 0) {
      const kind = bytes.u8();
      const body = new Bytes(bytes.take(bytes.u32()));
      if (kind === 1) {
        origin = { uid: body.name(), nsp: body.name() };
      } else if (kind === 3) {
        const type = body.u8();
        frames.push({ origin, target, type, data: Buffer.from(body.left) });
      } else {
        const flags = body.u8();
        body.take(flags & 128 ? 4 : 0);
        frames.push({
          origin,
          volatile: flags % 2 === 1,
          compress: (flags & 2) === 0 ? undefined : (flags & 4) === 4,
          requestId: (flags & 8) === 0 ? undefined : body.name(),
          rooms: (flags & 16) === 0 ? [] : body.rooms(),
          except: (flags & 32) === 0 ? [] : body.rooms(),
          parts: body.parts(),
          ...(flags & 64 && { isNumbered: true }),
        });
      }
    }
  }
  return frames;
}
