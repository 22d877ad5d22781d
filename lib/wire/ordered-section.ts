/**
 * The head of a section whose packets the primary is to number: the number of the first one, 0 until the primary has
 * written it, and how its sender knows the section. The sender gets the head alone: it still has the rest.
 */
import type { BroadcastOptions } from "socket.io-adapter";
import { NUMBER_SIZE, Target } from "./frames";

const NUMBER_AT = 1;
const REF_AT = NUMBER_AT + NUMBER_SIZE;
export const ORDERED_HEAD_SIZE = REF_AT + 4;

/** Whether a packet can be recovered: those that cannot are not numbered. */
export function isRecoverable(
  { flags }: Pick<BroadcastOptions, "flags">,
  requestId: string | undefined,
): boolean {
  return requestId === undefined && !flags?.volatile;
}

export function writeOrderedHead(
  bytes: Buffer,
  start: number,
  ref: number,
): void {
  bytes[start] = Target.ORDERED;
  bytes.fill(0, start + NUMBER_AT, start + REF_AT);
  bytes.writeUInt32LE(ref, start + REF_AT);
}

export function isOrdered(section: Buffer): boolean {
  return section[0] === Target.ORDERED;
}

/** What the sender of a section gets of it, without the memory of the rest. */
export function echoOf(section: Buffer): Buffer {
  return Buffer.from(section.subarray(0, ORDERED_HEAD_SIZE));
}

export function isEcho(section: Buffer): boolean {
  return isOrdered(section) && section.length === ORDERED_HEAD_SIZE;
}

/** They begin anew after 2³². */
export function refOf(section: Buffer): number {
  return section.readUInt32LE(REF_AT);
}

export function firstNumberOf(section: Buffer): number {
  return section.readUIntLE(NUMBER_AT, NUMBER_SIZE);
}

export function setFirstNumber(section: Buffer, number: number): void {
  section.writeUIntLE(number, NUMBER_AT, NUMBER_SIZE);
}
