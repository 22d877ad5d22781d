import type { Room } from "socket.io-adapter";

export const BLOCK_SIZE = 256 * 1024;
const MAX_COUNT = 4_096;
export const NO_ROOMS: readonly Room[] = [];

/**
 * Some packets, one after the other: their bytes, and what is known of them, field by field. An object for each of several
 * 100,000 packets would cost more than the packets.
 */
export class LogBlock<Source> {
  /** The number of the first packet. */
  first = 0;
  count = 0;
  readonly bytes = Buffer.allocUnsafeSlow(BLOCK_SIZE);
  /** `undefined` where a number has no packet. */
  readonly #sources: Array<Source | undefined> = [];
  readonly #rooms: Array<readonly Room[]> = [];
  readonly #excepts: Array<readonly Room[]> = [];
  /** Each begins where the one before it ends. */
  readonly #ends: number[] = [];

  /** Where the next packet begins. */
  get end(): number {
    return this.count === 0 ? 0 : (this.#ends[this.count - 1] as number);
  }

  hasRoomFor(size: number): boolean {
    return this.count < MAX_COUNT && this.end + size <= this.bytes.length;
  }

  push(
    source: Source | undefined,
    rooms: readonly Room[],
    except: readonly Room[],
    size: number,
  ): void {
    const at = this.count;
    this.#ends[at] = this.end + size;
    this.#sources[at] = source;
    this.#rooms[at] = rooms;
    this.#excepts[at] = except;
    this.count++;
  }

  sourceOf(number: number): Source | undefined {
    return this.#sources[number - this.first];
  }

  roomsOf(number: number): readonly Room[] {
    return this.#rooms[number - this.first] as readonly Room[];
  }

  exceptOf(number: number): readonly Room[] {
    return this.#excepts[number - this.first] as readonly Room[];
  }

  bytesOf(number: number): Buffer {
    return this.bytes.subarray(this.#startOf(number), this.#endOf(number));
  }

  sizeOf(number: number): number {
    return this.#endOf(number) - this.#startOf(number);
  }

  /** Keeps nothing but the bytes of a packet. */
  forget(number: number): void {
    const at = number - this.first;
    this.#sources[at] = undefined;
    this.#rooms[at] = NO_ROOMS;
    this.#excepts[at] = NO_ROOMS;
  }

  #startOf(number: number): number {
    const at = number - this.first;
    return at === 0 ? 0 : (this.#ends[at - 1] as number);
  }

  #endOf(number: number): number {
    return this.#ends[number - this.first] as number;
  }
}
