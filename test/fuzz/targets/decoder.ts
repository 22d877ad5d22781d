import assert from "node:assert/strict";
import { ClusterAdapterError } from "../../../dist";
import { FastType } from "../../../dist/wire/fast";
import { readFrames, readTarget } from "../../../dist/wire/frame-reader";
import { readMissed } from "../../../dist/wire/missed-packets";
import { decodeSession, SessionOp } from "../../../dist/wire/session-messages";
import { decodeValue } from "../../../dist/wire/values";
import { readCorpus } from "../corpus";
import type { Target } from "../fuzzer";

type PacketFrame = ReturnType<typeof readMissed>[number];

/** What the decoder of frames may say is the error that is documented; and it takes no more memory than it was given. */
export function decoder(): Target {
  const seeds = Array.from(readCorpus().values()).flatMap((session) =>
    session.flatMap(({ message }) => sectionsOf(message)).map((one) => [one]),
  );
  return {
    name: "decoder",
    seeds,
    run(steps) {
      for (const section of steps) {
        if (section instanceof Uint8Array) {
          decode(Buffer.from(section));
        }
      }
    },
  };
}

/** The sections of a message, if it has some. */
export function sectionsOf(message: object): Buffer[] {
  const { type, data } = message as { type?: unknown; data?: unknown };
  return type === FastType.FRAMES && Array.isArray(data)
    ? (data as Array<Buffer | string>).map((section) =>
        typeof section === "string" ? Buffer.from(section, "base64") : section,
      )
    : [];
}

function decode(section: Buffer): void {
  attempt(() => readTarget(section));
  attempt(() =>
    readFrames(section, {
      onOrigin: (uid, nsp) => isWithin(section, uid.length + nsp.length),
      onPacket: (packet) => readPacket(section, packet),
      onMessage: (_, data) => attempt(() => decodeValue(data)),
      onSession: (body) => attempt(() => readSession(body)),
    }),
  );
}

function readPacket(section: Buffer, packet: PacketFrame): void {
  const { rooms, except } = packet.opts;
  isWithin(section, rooms.size + except.size);
  packet.stamp({ epoch: "epoch1", number: packet.number });
  const copy = packet.copy();
  assert.deepEqual(copy.bytes, packet.bytes);
  isWithin(section, packet.frameBytes.length);
  attempt(() => packet.readArguments());
  attempt(() => isWithin(section, packet.readParts().length));
}

function readSession(body: Buffer): void {
  const message = decodeSession(body);
  if (message?.op === SessionOp.RESTORED) {
    const { data = Buffer.alloc(0), dataSize } = message;
    attempt(() => decodeValue(data.subarray(0, dataSize)));
    readMissed(data.subarray(dataSize)).forEach((packet) =>
      readPacket(data, packet),
    );
  }
}

function isWithin(bytes: Buffer, size: number): void {
  assert.ok(size <= bytes.length, `${size} of ${bytes.length} bytes`);
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (
      !(error instanceof ClusterAdapterError) ||
      error.code !== "ERR_PROTOCOL"
    ) {
      throw error;
    }
  }
}
