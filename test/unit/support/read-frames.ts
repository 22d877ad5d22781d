import { readFrames, readTarget } from "../../../dist/wire/frame-reader";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import { OTHER_ROOM, type NaiveFrame, type NaiveOrigin } from "./naive-frames";

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
      writer.writePacket(
        frame.origin,
        {
          ...frame,
          rooms: frame.rooms as string[],
          except: frame.except as string[],
        },
        frame.parts,
      );
    }
  }
  return writer.take();
}

/** Reads sections with the reader under test. */
export function readAll(sections: Buffer[]): NaiveFrame[] {
  const frames: NaiveFrame[] = [];
  for (const section of sections) {
    const target = readTarget(section);
    let origin: NaiveOrigin = { uid: "", nsp: "" };
    readFrames(section, {
      onOrigin: (uid, nsp) => (origin = { uid, nsp }),
      onPacket: ({ rooms, except, volatile, compress, requestId, parts }) =>
        frames.push({
          origin,
          rooms: rooms.map(known),
          except: except.map(known),
          volatile,
          compress,
          requestId,
          parts,
        }),
      onMessage: (type, data) => frames.push({ origin, target, type, data }),
    });
  }
  return frames;
}

function known(room: unknown): unknown {
  return typeof room === "symbol" ? OTHER_ROOM : room;
}
