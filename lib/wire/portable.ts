/**
 * What of a value survives Node's IPC channel as it is.
 */

// deeper than what people send, shallow enough for the stack; it also stops at a circular structure
const MAX_DEPTH = 100;
// an object that is referred to twice is looked at twice: of some graphs, there is no end
const MAX_OBJECTS = 100_000;

interface Budget {
  left: number;
}

/**
 * Whether a value reads the same after the channel has copied it: the copy has the fields of an object, the parser of
 * the server sends what its `toJSON()` makes, and only what both treat alike may travel as it is. That is what is
 * made of nothing but primitives that JSON knows, plain objects, arrays and binary data.
 *
 * @param value - any value; a getter that throws makes this function throw
 */
export function isPlain(value: unknown): boolean {
  return isPlainValue(value, 0, { left: MAX_OBJECTS });
}

function isPlainValue(value: unknown, depth: number, budget: Budget): boolean {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "undefined":
      return true;
    case "object":
      return value === null || isPlainObject(value, depth + 1, budget);
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number, budget: Budget): boolean {
  if (depth > MAX_DEPTH || budget.left-- === 0) {
    return false;
  }
  if (Buffer.isBuffer(value) || value instanceof ArrayBuffer) {
    return true;
  }
  if (ArrayBuffer.isView(value)) {
    // its copy is a view of a larger buffer, and a parser may look at that
    return false;
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") {
    return false;
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!isPlainValue(value[i], depth, budget)) {
        return false;
      }
    }
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return false;
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    if (!isPlainValue(fields[key], depth, budget)) {
      return false;
    }
  }
  return true;
}
