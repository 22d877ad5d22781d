/**
 * Offsets: what stands at the end of each event where connection state recovery is on, and what a client sends when it
 * comes back. `<epoch>.<number>`, always of the same length, so that it can be written over a placeholder.
 */
import { randomBytes } from "node:crypto";

// in the order of their codes: the offsets of an epoch are in alphabetical order
const DIGITS =
  "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const SEPARATOR = ".".charCodeAt(0);

const EPOCH_LENGTH = 6;
const NUMBER_LENGTH = 8;
export const OFFSET_LENGTH = EPOCH_LENGTH + 1 + NUMBER_LENGTH;

const SHAPE = /^([-\w]{6})\.([-\w]{8})$/;

export interface Offset {
  readonly epoch: string;
  readonly number: number;
}

/** The name of a total order: a new one for each time that the workers begin to share one. */
export function newEpoch(): string {
  return randomDigits(EPOCH_LENGTH);
}

/** Stands for an offset that is not known yet. Nobody else can know it, so it is in no data of an application. */
export function newPlaceholder(): string {
  return randomDigits(OFFSET_LENGTH);
}

function randomDigits(length: number): string {
  return Array.from(randomBytes(length), (byte) => DIGITS[byte % 64]).join("");
}

export function formatOffset({ epoch, number }: Offset): string {
  const bytes = Buffer.allocUnsafe(OFFSET_LENGTH);
  writeOffset(bytes, 0, epoch, number);
  return bytes.toString("latin1");
}

/** Writes the bytes of an offset. */
export function writeOffset(
  bytes: Uint8Array,
  start: number,
  epoch: string,
  number: number,
): void {
  for (let i = 0; i < EPOCH_LENGTH; i++) {
    bytes[start + i] = epoch.charCodeAt(i);
  }
  bytes[start + EPOCH_LENGTH] = SEPARATOR;
  const middle = start + EPOCH_LENGTH + 1 + NUMBER_LENGTH / 2;
  writeDigits(bytes, middle - 1, Math.floor(number / HALF));
  writeDigits(bytes, middle - 1 + NUMBER_LENGTH / 2, number % HALF);
}

// in integers, as there is an offset for each packet
const HALF = 64 ** (NUMBER_LENGTH / 2);

/** Writes half of the digits of a number, the last one first. */
function writeDigits(bytes: Uint8Array, last: number, half: number): void {
  let rest = half;
  for (let i = 0; i < NUMBER_LENGTH / 2; i++) {
    bytes[last - i] = CODES[rest & 63]!;
    rest >>= 6;
  }
}

/** @returns `undefined` for anything that is no offset, whatever its length */
export function parseOffset(text: string): Offset | undefined {
  if (text.length !== OFFSET_LENGTH) {
    return undefined;
  }
  const [, epoch, digits] = SHAPE.exec(text) ?? [];
  if (epoch === undefined || digits === undefined) {
    return undefined;
  }
  let number = 0;
  for (const digit of digits) {
    number = number * 64 + DIGITS.indexOf(digit);
  }
  return { epoch, number };
}
