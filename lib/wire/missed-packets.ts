/**
 * The packets that a client has missed, on their way to the worker to which it has returned: their frames, each behind its
 * number.
 */
import { Cursor } from "./cursor";
import { PacketFrame } from "./frame-reader";
import { FrameKind, NUMBER_SIZE } from "./frames";

export function writeMissed(
  packets: ReadonlyArray<{ readonly number: number; readonly bytes: Buffer }>,
): Buffer {
  const parts = packets.flatMap(({ number, bytes }) => {
    const head = Buffer.allocUnsafe(NUMBER_SIZE);
    head.writeUIntLE(number, 0, NUMBER_SIZE);
    return [head, bytes];
  });
  return Buffer.concat(parts);
}

/**
 * @throws {ClusterAdapterError} `ERR_PROTOCOL`
 */
export function readMissed(bytes: Buffer): PacketFrame[] {
  const packets: PacketFrame[] = [];
  const cursor = new Cursor(bytes);
  while (!cursor.isAtEnd) {
    const number = cursor.u48();
    const kind: FrameKind = cursor.u8();
    const end = cursor.enter(cursor.u32());
    if (kind === FrameKind.PACKET) {
      packets.push(new PacketFrame(cursor, 0, number));
    }
    cursor.leave(end);
  }
  return packets;
}
