import { readFrames, readTarget } from "../../../dist/wire/frame-reader";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import type { BroadcastOptions } from "socket.io-adapter";
import {
  OTHER_ROOM,
  type NaiveFrame,
  type NaiveOrigin,
  type NaivePacket,
} from "./naive-frames";

/** Writes frames with the writer under test. */
export function writeAll(
  frames: NaiveFrame[],
  writer = new FrameWriter(),
): Buffer[] {
  for (const frame of frames) {
    if ("type" in frame) {
      const { origin, target, type, data } = frame;
      writer.writeMessage(origin, target, type, data);
    } else {
      writePacket(writer, frame);
    }
  }
  return writer.take();
}

function writePacket(writer: FrameWriter, frame: NaivePacket): void {
  const { origin, requestId, parts, isNumbered = false, place } = frame;
  const opts = optionsOf(frame);
  if (isNumbered || place !== undefined) {
    writer.writeOrdered(origin, opts, parts, place, isNumbered);
  } else {
    writer.writePacket(origin, opts, requestId, parts);
  }
}

/** What Socket.IO would say of a packet. */
function optionsOf(frame: NaivePacket) {
  const { volatile, compress } = frame;
  return {
    rooms: new Set(frame.rooms as string[]),
    except: new Set(frame.except as string[]),
    flags: { volatile, compress },
  } as BroadcastOptions;
}

/** Reads sections with the reader under test. */
export function readAll(sections: Buffer[]): NaiveFrame[] {
  const frames: NaiveFrame[] = [];
  for (const section of sections) {
    const target = readTarget(section);
    let origin: NaiveOrigin = { uid: "", nsp: "" };
    readFrames(section, {
      onOrigin: (uid, nsp) => (origin = { uid, nsp }),
      onPacket: (packet) => {
        const { opts, requestId, ref } = packet;
        frames.push({
          origin,
          rooms: [...opts.rooms].map(known),
          except: [...opts.except].map(known),
          volatile: opts.flags.volatile ?? false,
          compress: opts.flags.compress,
          requestId,
          parts: packet.readParts(),
          ...(ref !== undefined && { isNumbered: true }),
        });
      },
      onMessage: (type, data) => frames.push({ origin, target, type, data }),
      onSession: () => {},
    });
  }
  return frames;
}

function known(room: unknown): unknown {
  return typeof room === "symbol" ? OTHER_ROOM : room;
}
