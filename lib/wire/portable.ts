/**
 * Whether a value reads the same after the IPC channel has copied it. The channel's copy keeps the fields of an object,
 * the parser of the server sends what its `toJSON()` makes: only what both treat alike may travel as it is.
 */

// deeper than what people send, shallow enough for the stack; it also stops at a circular structure
const MAX_DEPTH = 100;

/**
 * Whether a value is made of nothing but primitives that JSON knows, plain objects, arrays and binary data.
 *
 * @param value - any value; a getter that throws makes this function throw
 */
export function isPlain(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "undefined":
      return true;
    case "object":
      return value === null || isPlainObject(value, depth + 1);
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (depth > MAX_DEPTH) {
    return false;
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!isPlain(value[i], depth)) {
        return false;
      }
    }
    return true;
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return false;
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    if (!isPlain(fields[key], depth)) {
      return false;
    }
  }
  return true;
}
