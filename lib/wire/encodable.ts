/**
 * What to do with an answer that the IPC channel refuses: leave out the values that cannot be encoded, and keep the
 * rest.
 */
import { serialize } from "node:v8";
import { MAX_DEPTH, refuseDeep } from "./depth";

/** Encodes one value, or throws. */
export type Encode = (value: unknown) => unknown;

// the containers above a value that is kept
const MAX_COPIED_DEPTH = 100;
// what is kept has to pass when the message around it is looked at
const MAX_KEPT_DEPTH = MAX_DEPTH - MAX_COPIED_DEPTH - 10;

/**
 * The two serializations of Node's IPC channel: what passes both, passes on any channel.
 *
 * @see https://nodejs.org/api/child_process.html#advanced-serialization
 */
export const SERIALIZATIONS: readonly Encode[] = [
  (value) => {
    refuseDeep(value, MAX_KEPT_DEPTH);
    return serialize(value);
  },
  (value) => {
    refuseDeep(value, MAX_KEPT_DEPTH);
    return JSON.stringify(value);
  },
];

/**
 * Copies a value without the parts that cannot be encoded.
 *
 * Arrays, maps, sets and plain objects (and proxies of them) lose single values; an instance of a class is left out as
 * a whole: a timer or a socket would take half of the process with it.
 *
 * @param value - the value, which is not changed
 * @param encode - throws if a value cannot be encoded
 * @param onLost - called with the path of each value that was left out, `sockets[].data.timer` for example
 */
export function keepEncodable(
  value: unknown,
  encode: Encode,
  onLost: (path: string) => void,
): unknown {
  const kept = new Sieve(encode, onLost).keep(() => value, "");
  return kept === LOST ? undefined : kept;
}

const LOST = Symbol("lost");

class Sieve {
  readonly #encode: Encode;
  readonly #onLost: (path: string) => void;
  readonly #ancestors = new Set<object>();
  // where everything refers to everything, there are more paths than anyone can follow
  readonly #copies = new Map<object, unknown>();

  constructor(encode: Encode, onLost: (path: string) => void) {
    this.#encode = encode;
    this.#onLost = onLost;
  }

  keep(read: () => unknown, path: string): unknown {
    let value: unknown;
    try {
      value = read();
      // JSON has no functions, and calls one that is named "toJSON"
      if (typeof value !== "function") {
        this.#encode(value);
        return value;
      }
    } catch {
      // a getter that throws, or the serializer's way to say no
    }
    return this.#keepParts(value, path);
  }

  #keepParts(value: unknown, path: string): unknown {
    if (this.#copies.has(value as object)) {
      return this.#copies.get(value as object);
    }
    try {
      if (
        isContainer(value) &&
        !this.#ancestors.has(value) &&
        this.#ancestors.size < MAX_COPIED_DEPTH
      ) {
        this.#ancestors.add(value);
        try {
          const copy = this.#copy(value, path);
          this.#copies.set(value, copy);
          return copy;
        } finally {
          this.#ancestors.delete(value);
        }
      }
    } catch {
      // a proxy whose traps throw
    }
    this.#onLost(path);
    return LOST;
  }

  #copy(container: object, path: string): unknown {
    if (Array.isArray(container)) {
      return Array.from(container, (item: unknown) => {
        const kept = this.keep(() => item, `${path}[]`);
        return kept === LOST ? undefined : kept;
      });
    }
    if (container instanceof Set) {
      return new Set(this.#keepAll(container, path));
    }
    if (container instanceof Map) {
      const entries = Array.from(container, (entry) =>
        this.#keepAll(entry, path),
      ).filter((entry) => entry.length === 2);
      return new Map(entries as [unknown, unknown][]);
    }
    const fields: [string, unknown][] = [];
    for (const key of Object.keys(container)) {
      const kept = this.keep(
        () => (container as Record<string, unknown>)[key],
        path === "" ? key : `${path}.${key}`,
      );
      if (kept !== LOST) {
        fields.push([key, kept]);
      }
    }
    return Object.fromEntries(fields);
  }

  #keepAll(values: Iterable<unknown>, path: string): unknown[] {
    return Array.from(values, (value) =>
      this.keep(() => value, `${path}[]`),
    ).filter((value) => value !== LOST);
  }
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) {
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
