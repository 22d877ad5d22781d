/**
 * Node's channel hands over typed arrays as parts of the buffer into which it has read, next to the messages of others.
 * Whoever keeps a part keeps all of it, and some parsers send the whole buffer of a typed array to their clients.
 */

/** Not every runtime hands over a Buffer as one: Bun makes it a Uint8Array. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A part of a larger buffer that may be kept for some time: as it is, or, where it would keep a buffer that is much
 * larger alive, a copy.
 *
 * @param maxPinned - how much memory it may keep from being freed, as a multiple of its own size
 */
export function keepable(
  bytes: Buffer,
  maxPinned: number,
  start = 0,
  end = bytes.length,
): Buffer {
  const length = end - start;
  if (bytes.buffer.byteLength <= length * maxPinned) {
    return length === bytes.length ? bytes : bytes.subarray(start, end);
  }
  const copy = Buffer.allocUnsafe(length);
  bytes.copy(copy, 0, start, end);
  return copy;
}

/**
 * Gives each typed array and each DataView in a value that was just received a buffer of its own. A Buffer stays what
 * it is: everyone knows that it may be a part of something larger.
 *
 * @param value - changed in place, as far as it is a container
 */
export function ownViews<T>(value: T): T {
  return own(value, new Set()) as T;
}

function own(value: unknown, seen: Set<object>): unknown {
  if (typeof value !== "object" || value === null || seen.has(value)) {
    return value;
  }
  if (ArrayBuffer.isView(value)) {
    return Buffer.isBuffer(value) ? value : copy(value);
  }
  seen.add(value);
  if (value instanceof Map) {
    value.forEach((item, key) => value.set(key, own(item, seen)));
  } else if (value instanceof Set) {
    const items = Array.from(value, (item) => own(item, seen));
    value.clear();
    items.forEach((item) => value.add(item));
  } else {
    const fields = value as Record<string, unknown>;
    for (const key of Object.keys(fields)) {
      const item = fields[key];
      const owned = own(item, seen);
      if (owned !== item) {
        fields[key] = owned;
      }
    }
  }
  return value;
}

function copy(view: ArrayBufferView): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = view;
  if (byteLength === buffer.byteLength) {
    return view;
  }
  const View = view.constructor as new (buffer: ArrayBufferLike) => typeof view;
  return new View(buffer.slice(byteOffset, byteOffset + byteLength));
}
