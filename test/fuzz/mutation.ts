/**
 * Changes values at random: whatever may arrive in a message, down to the bytes of frames.
 */
import { deserialize, serialize } from "node:v8";
import type { Random } from "../support/random";
import { mutateBytes, type Change } from "./byte-mutation";

/** Where a value stands in another one. */
interface Slot {
  readonly holder: Record<PropertyKey, unknown>;
  readonly key: PropertyKey;
}

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  2,
  3,
  127,
  255,
  256,
  65_535,
  200_000,
  2 ** 31,
  2 ** 32,
  2 ** 48,
  Number.MAX_SAFE_INTEGER,
  0.5,
  NaN,
  Infinity,
  -Infinity,
];

const TEXTS = [
  "",
  "/",
  "r",
  "primary",
  "emitter",
  "__proto__",
  "constructor",
  "toString",
  "_sio_adapter",
  "plain",
  "fast",
  "ordered",
  "greet",
  "reset",
  "drain",
  "drained",
  "count",
  "rooms",
  "error",
  "connection",
  "\ud800",
  "\u{1f600}",
  "x".repeat(300),
  "AAAA",
];

// more than the code that is fuzzed takes
const MAX_DEPTH = 1_200;

const STRANGE: ReadonlyArray<() => unknown> = [
  () => undefined,
  () => null,
  () => true,
  () => [],
  () => ({}),
  () => 1n,
  () => new Date(0),
  () => new Date(NaN),
  () => new Map([["a", 1]]),
  () => new Set([1]),
  () => /x/g,
  () => new Error("x"),
  () => new Uint8Array(3),
  () => new Float64Array(2),
  () => new DataView(new ArrayBuffer(4)),
  () => new ArrayBuffer(5),
  () => Buffer.alloc(0),
  () => Buffer.from([1]),
  () => Object.assign([undefined], { 2: 1 }),
  () => Array.from({ length: 200 }, (_, i) => i),
  () => JSON.parse('{"__proto__":{"x":1},"length":3}') as unknown,
  () => ({ type: "Buffer", data: [1, 2, 3] }),
  () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    return cycle;
  },
  () => {
    let deep: unknown = 1;
    for (let i = 0; i < MAX_DEPTH; i++) {
      deep = [deep];
    }
    return deep;
  },
];

/** A copy, as the other side of a channel would get it. */
function copyOf<T>(value: T): T {
  return deserialize(serialize(value)) as T;
}

/**
 * A changed copy of a list.
 *
 * @param others - from which parts may be taken
 */
export function mutate<T>(
  list: readonly T[],
  others: ReadonlyArray<readonly unknown[]>,
  random: Random,
): T[] {
  try {
    const copy = copyOf(list) as T[];
    for (let i = random.below(4); i >= 0; i--) {
      change(copy, others, random);
    }
    return copyOf(copy);
  } catch (error) {
    if (error instanceof RangeError) {
      // nested so deep that no channel takes it
      return [];
    }
    throw error;
  }
}

function change(
  list: unknown[],
  others: ReadonlyArray<readonly unknown[]>,
  random: Random,
): void {
  switch (random.below(6)) {
    case 0:
      changeItems(list, others, random);
      break;
    case 1: {
      // a value from somewhere else
      const other = others[random.below(others.length)] ?? list;
      const source = pick(copyOf(other) as unknown[], random);
      const target = pick(list, random);
      if (source && target) {
        put(target, source.holder[source.key]);
      }
      break;
    }
    default: {
      const slot = pick(list, random);
      if (slot) {
        changeValue(slot, random);
      }
    }
  }
}

/** Takes items away, doubles them, puts them elsewhere, or brings others in. */
function changeItems(
  list: unknown[],
  others: ReadonlyArray<readonly unknown[]>,
  random: Random,
): void {
  const at = random.below(list.length + 1);
  const count = 1 + random.below(3);
  switch (random.below(4)) {
    case 0:
      list.splice(at, count);
      break;
    case 1:
      list.splice(at, 0, ...(copyOf(list.slice(at, at + count)) as unknown[]));
      break;
    case 2: {
      const moved = list.splice(at, count);
      list.splice(random.below(list.length + 1), 0, ...moved);
      break;
    }
    default: {
      const other = others[random.below(others.length)] ?? [];
      const from = random.below(other.length);
      const taken = other.slice(from, from + count);
      list.splice(at, 0, ...(copyOf(taken) as unknown[]));
    }
  }
}

function changeValue(slot: Slot, random: Random): void {
  const value = slot.holder[slot.key];
  const changed = changer(random);
  if (value instanceof Uint8Array && random.below(8) > 0) {
    put(slot, mutateBytes(Buffer.from(value), random, changed));
  } else if (typeof value === "string" && random.below(4) > 0) {
    put(slot, changeText(value, random));
  } else if (typeof value === "number" && random.below(4) > 0) {
    put(slot, changeNumber(value, random));
  } else if (random.below(6) === 0) {
    delete slot.holder[slot.key];
  } else if (random.below(3) === 0) {
    put(slot, choose<unknown>([...NUMBERS, ...TEXTS], random));
  } else {
    put(slot, choose(STRANGE, random)());
  }
}

function changeNumber(value: number, random: Random): number {
  switch (random.below(3)) {
    case 0:
      return value + 1;
    case 1:
      return value - 1;
    default:
      return choose(NUMBERS, random);
  }
}

function changeText(value: string, random: Random): string {
  const changed = changer(random);
  const at = random.below(value.length + 1);
  switch (random.below(5)) {
    case 0:
      return value.slice(0, at);
    case 1:
      return value.slice(0, at) + choose(TEXTS, random) + value.slice(at);
    case 2:
      return (
        value.slice(0, at) +
        String.fromCharCode(random.below(0x250)) +
        value.slice(at + 1)
      );
    case 3: {
      // a section under "json"
      const bytes = mutateBytes(Buffer.from(value, "base64"), random, changed);
      return bytes.toString("base64");
    }
    default:
      return choose(TEXTS, random);
  }
}

/** Changes one thing in a value. */
function changer(random: Random): Change {
  return (value) => {
    const root = [value];
    const slot = pick(root, random);
    if (slot) {
      changeValue(slot, random);
    }
    return root[0];
  };
}

function pick(root: unknown[], random: Random): Slot | undefined {
  const slots: Slot[] = [];
  collect(root, slots, new Set());
  // most of what can go wrong is in the bytes
  const bytes = slots.filter(({ holder, key }) => isBytes(holder[key]));
  const some = bytes.length > 0 && random.below(3) === 0 ? bytes : slots;
  return some[random.below(some.length)];
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}

function collect(value: unknown, slots: Slot[], seen: Set<unknown>): void {
  if (
    typeof value !== "object" ||
    value === null ||
    ArrayBuffer.isView(value) ||
    seen.size > 500 ||
    seen.has(value)
  ) {
    return;
  }
  seen.add(value);
  const holder = value as Record<PropertyKey, unknown>;
  for (const key of Object.keys(holder)) {
    slots.push({ holder, key });
    collect(holder[key], slots, seen);
  }
}

function put({ holder, key }: Slot, value: unknown): void {
  Object.defineProperty(holder, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function choose<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)] as T;
}
