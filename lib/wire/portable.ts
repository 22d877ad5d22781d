/**
 * What of a value survives Node's IPC channel as it is.
 */

// deeper than what people send, shallow enough for the stack; it also stops at a circular structure
const MAX_DEPTH = 100;

// some thousand levels end the process that reads them from the channel, inside of Node
const MAX_SAFE_DEPTH = 1_000;

/**
 * Makes sure that the primary, and whoever else reads a value from the channel, survives it.
 *
 * @throws {RangeError} if the value is nested too deep
 */
export function refuseDeep(root: unknown): void {
  if (isDeep(root, 0) && countLevels(root) > MAX_SAFE_DEPTH) {
    throw new RangeError(
      `the data is nested more than ${MAX_SAFE_DEPTH} levels deep`,
    );
  }
}

/** Whether a value is deep, or circular: that costs nothing in the usual case, which is neither. */
function isDeep(value: unknown, depth: number): boolean {
  return (
    depth > MAX_SAFE_DEPTH ||
    childrenOf(value).some((child) => isDeep(child, depth + 1))
  );
}

function countLevels(root: unknown): number {
  const seen = new Set<unknown>();
  let levels = 0;
  for (let level = [root]; level.length > 0; levels++) {
    const next = new Set(level.flatMap(childrenOf));
    level = Array.from(next).filter((value) => !seen.has(value));
    level.forEach((value) => seen.add(value));
  }
  return levels;
}

function childrenOf(value: unknown): unknown[] {
  if (
    typeof value !== "object" ||
    value === null ||
    ArrayBuffer.isView(value)
  ) {
    return NONE;
  }
  if (value instanceof Map) {
    return [...value.keys(), ...value.values()];
  }
  return Array.isArray(value)
    ? value
    : value instanceof Set
      ? [...value]
      : Object.values(value);
}

const NONE: unknown[] = [];

/**
 * Whether a value reads the same after the channel has copied it: the copy has the fields of an object, the parser of
 * the server sends what its `toJSON()` makes, and only what both treat alike may travel as it is. That is what is
 * made of nothing but primitives that JSON knows, plain objects, arrays and binary data.
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
      if (!isPlain(value[i], depth)) {
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
    if (!isPlain(fields[key], depth)) {
      return false;
    }
  }
  return true;
}
