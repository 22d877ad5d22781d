import { deserialize, serialize } from "node:v8";
import { FRAME_HEAD_SIZE, FrameKind } from "../../dist/wire/frames";
import type { Random } from "../support/random";

/** Changes something in a value that was encoded. */
export type Change = (value: unknown) => unknown;

const BYTES = [0, 1, 2, 3, 4, 0x34, 0x7f, 0x80, 0x81, 0x82, 0xfe, 0xff];
const SIZES = [0, 1, 2, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff];

/** Changes bytes, most of the time in a way that leaves frames that can be read. */
export function mutateBytes(
  bytes: Buffer,
  random: Random,
  change: Change,
): Buffer {
  const frames = random.below(2) === 0 ? splitFrames(bytes) : undefined;
  return frames
    ? mutateFrames(frames, random, change)
    : mutateAny(bytes, random);
}

function mutateAny(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  const head = copy.subarray(0, at);
  switch (random.below(7)) {
    case 0:
      copy[at] = random.below(256);
      return copy;
    case 1:
      copy[at] = BYTES[random.below(BYTES.length)]!;
      return copy;
    case 2:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 3:
      return Buffer.from(head);
    case 4:
      return Buffer.concat([head, copy.subarray(at + 1 + random.below(8))]);
    case 5: {
      const more = copy.subarray(at, at + 1 + random.below(16));
      return Buffer.concat([head, more, copy.subarray(at)]);
    }
    default:
      if (copy.length >= 4) {
        const size = SIZES[random.below(SIZES.length)]!;
        copy.writeUInt32LE(size, random.below(copy.length - 3));
      }
      return copy;
  }
}

/** The head of a section, and its frames; `undefined` for what is none. */
function splitFrames(bytes: Buffer): Buffer[] | undefined {
  const headSize = [1, 2 + ((bytes[1] ?? 0) >> 1), 11][bytes[0] ?? 3];
  if (headSize === undefined) {
    return undefined;
  }
  const parts = [bytes.subarray(0, headSize)];
  for (let at = headSize; at + 5 <= bytes.length;) {
    const end = at + 5 + bytes.readUInt32LE(at + 1);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
}

function mutateFrames(
  [head, ...frames]: Buffer[],
  random: Random,
  change: Change,
): Buffer {
  const at = random.below(frames.length);
  const frame = frames[at] ?? Buffer.alloc(0);
  switch (random.below(5)) {
    case 0:
      frames.splice(at, 1);
      break;
    case 1:
      frames.splice(random.below(frames.length + 1), 0, frame);
      break;
    case 2: {
      const body = mutateAny(frame.subarray(FRAME_HEAD_SIZE), random);
      frames[at] = withBody(frame, body);
      break;
    }
    default:
      frames[at] = mutateValue(frame, change);
  }
  return Buffer.concat([head!, ...frames]);
}

/** Changes what a message says, in a way that can be decoded. */
function mutateValue(frame: Buffer, change: Change): Buffer {
  const body = frame.subarray(FRAME_HEAD_SIZE);
  try {
    switch (frame[0]) {
      case FrameKind.MESSAGE: {
        const value = encode(change(decode(body.subarray(1))), body[1]);
        return withBody(frame, Buffer.concat([body.subarray(0, 1), value]));
      }
      case FrameKind.SESSION: {
        const end = 5 + body.readUInt32LE(1);
        const header = encode(change(decode(body.subarray(5, end))));
        const head = Buffer.from(body.subarray(0, 5));
        head.writeUInt32LE(header.length, 1);
        return withBody(
          frame,
          Buffer.concat([head, header, body.subarray(end)]),
        );
      }
      default:
        return frame;
    }
  } catch {
    // it cannot be decoded, or no longer be encoded
    return frame;
  }
}

// the first byte of what v8.serialize() writes
const V8_TAG = 0xff;

function decode(bytes: Buffer): unknown {
  return bytes[0] === V8_TAG
    ? deserialize(bytes)
    : (JSON.parse(bytes.toString()) as unknown);
}

function encode(value: unknown, tag?: number): Buffer {
  return tag === V8_TAG ? serialize(value) : Buffer.from(JSON.stringify(value));
}

/** Its length is right again. */
function withBody(frame: Buffer, body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([frame.subarray(0, 1), size, body]);
}
