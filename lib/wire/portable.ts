/**
 * What of a value survives a copy as it is.
 */

// deeper than what people send, shallow enough for the stack; it also stops at a circular structure
const MAX_DEPTH = 100;
// an object that is referred to twice is looked at twice: of some graphs, there is no end
const MAX_OBJECTS = 1_000_000;
const MAX_LEAVES = 1_000_000;

// an array may have more than its items: to look for it costs as much as the items
const MAX_ITEMS = 100_000;

/**
 * Whether a value reads the same after the channel has copied it: the copy has the fields of an object, the parser of
 * the server sends what its `toJSON()` makes, and only what both treat alike may travel as it is. That is what is
 * made of nothing but primitives that JSON knows, plain objects, arrays and binary data. Where the answer is no, that may be
 * for its size.
 *
 * @param value - any value; a getter that throws makes this function throw
 */
export function isPlain(value: unknown): boolean {
  return consistsOf(PLAIN, value, 0, budget(MAX_OBJECTS));
}

/**
 * Whether a value reads the same after it was written and read as JSON: it has nothing that JSON leaves out, or turns
 * into something else. Where the answer is no, that may be for its size.
 *
 * @param value - any value; a getter that throws makes this function throw
 * @param maxObjects - how many objects and arrays it may have
 */
export function isJson(value: unknown, maxObjects = MAX_OBJECTS): boolean {
  return consistsOf(JSON_ONLY, value, 0, budget(maxObjects));
}

interface Budget {
  objects: number;
  leaves: number;
}

function budget(objects: number): Budget {
  return { objects, leaves: MAX_LEAVES };
}

interface Kind {
  /** Whether a value is one of those that hold no others. */
  isLeaf(value: unknown): boolean;
  /** Whether nothing of an array is lost, apart from what its items lose. */
  isWhole(array: unknown[]): boolean;
}

const PLAIN: Kind = {
  isLeaf(value) {
    switch (typeof value) {
      case "string":
      case "number":
      case "boolean":
      case "undefined":
        return true;
      default:
        return Buffer.isBuffer(value) || value instanceof ArrayBuffer;
    }
  },
  isWhole: () => true,
};

const JSON_ONLY: Kind = {
  isLeaf(value) {
    switch (typeof value) {
      case "string":
      case "boolean":
        return true;
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0);
      default:
        return false;
    }
  },
  isWhole: (array) =>
    array.length <= MAX_ITEMS && Object.keys(array).length === array.length,
};

function consistsOf(
  kind: Kind,
  value: unknown,
  depth: number,
  left: Budget,
): boolean {
  if (value === null || kind.isLeaf(value)) {
    return left.leaves-- > 0;
  }
  if (typeof value !== "object") {
    return false;
  }
  if (
    depth === MAX_DEPTH ||
    left.objects-- === 0 ||
    // the copy of a typed array is a view of a larger buffer, and a parser may look at that
    ArrayBuffer.isView(value) ||
    typeof (value as { toJSON?: unknown }).toJSON === "function"
  ) {
    return false;
  }
  if (Array.isArray(value)) {
    if (!kind.isWhole(value)) {
      return false;
    }
    for (let i = 0; i < value.length; i++) {
      if (!consistsOf(kind, value[i], depth + 1, left)) {
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
    if (!consistsOf(kind, fields[key], depth + 1, left)) {
      return false;
    }
  }
  return true;
}
