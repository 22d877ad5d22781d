/** In bytes, for the 35 bits that are allowed. [W7] */
export const MAX_VARINT_SIZE = 5;

/**
 * Writes an unsigned LEB128.
 *
 * @returns where it ends
 */
export function writeVarint(
  bytes: Buffer,
  start: number,
  value: number,
): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}
