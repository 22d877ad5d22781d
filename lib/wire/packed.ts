/**
 * Values of many objects that are alike, as the answers to `fetchSockets()` are: each list of keys is written once, and
 * so is each text and each number. What follows refers to them. [W10]
 */
import { Cursor } from "./cursor";

/** The first byte of a packed value, which is in no UTF-8. */
export const PACKED_TAG = 0xfe;

/** The keys of the objects, and the values that hold no others. */
type Tables = readonly [shapes: readonly Shape[], leaves: readonly unknown[]];
type Shape = readonly string[];

/** A reference is twice the number of a leaf, or odd. This one has the length of the array behind it. */
const ARRAY = 1;
/** That to an object of the first shape. The next shape has the next odd number. */
const FIRST_SHAPE = 3;

// to assign it changes the prototype
const SPECIAL_KEY = "__proto__";

// five bytes
const MAX_VARINT_SIZE = 5;

/**
 * @param value - one of which JSON says all, see `isJson()`
 * @returns `undefined` if an object has a key that cannot be assigned like others
 */
export function pack(value: object): Buffer | undefined {
  const packer = new Packer();
  packer.write(value);
  return packer.finish();
}

/** @throws if it is malformed */
export function unpack(bytes: Buffer): unknown {
  const cursor = new Cursor(bytes, 1);
  const end = cursor.enter(cursor.varint());
  const [shapes, leaves] = JSON.parse(cursor.rest().toString()) as Tables;
  cursor.leave(end);
  if (!shapes.every(isShape)) {
    throw new Error("a list of keys is none");
  }
  const value = new Unpacker(cursor, shapes, leaves).read();
  if (!cursor.isAtEnd) {
    throw new Error("something follows it");
  }
  return value;
}

class Packer {
  readonly #shapes: Shape[] = [];
  readonly #leaves: unknown[] = [];
  readonly #leafRefs = new Map<unknown, number>();
  readonly #refs: number[] = [];
  readonly #noKey = new Key("");

  write(value: object): void {
    if (Array.isArray(value)) {
      this.#writeArray(value);
    } else {
      this.#writeObject(value as Record<string, unknown>);
    }
  }

  finish(): Buffer | undefined {
    if (!this.#shapes.every(isShape)) {
      return undefined;
    }
    const tables: Tables = [this.#shapes, this.#leaves];
    const json = Buffer.from(JSON.stringify(tables));
    const refs = this.#refs;
    const bytes = Buffer.allocUnsafe(
      1 + json.length + (1 + refs.length) * MAX_VARINT_SIZE,
    );
    bytes[0] = PACKED_TAG;
    let length = writeVarint(bytes, 1, json.length);
    bytes.set(json, length);
    length += json.length;
    for (let i = 0; i < refs.length; i++) {
      length = writeVarint(bytes, length, refs[i] as number);
    }
    return bytes.subarray(0, length);
  }

  #writeArray(items: readonly unknown[]): void {
    this.#refs.push(ARRAY, items.length);
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (isContainer(item)) {
        this.write(item);
      } else {
        this.#refs.push(this.#leafRef(item));
      }
    }
  }

  #writeObject(fields: Record<string, unknown>): void {
    const names = Object.keys(fields);
    const at = this.#refs.push(0) - 1;
    let key = this.#noKey;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const item = fields[name];
      key = key.next(name);
      if (isContainer(item)) {
        this.write(item);
      } else {
        if (key.leafRef === undefined || key.leaf !== item) {
          key.leaf = item;
          key.leafRef = this.#leafRef(item);
        }
        this.#refs.push(key.leafRef);
      }
    }
    if (key.shapeRef === undefined) {
      key.shapeRef = FIRST_SHAPE + 2 * this.#shapes.length;
      this.#shapes.push(names);
    }
    this.#refs[at] = key.shapeRef;
  }

  #leafRef(leaf: unknown): number {
    let ref = this.#leafRefs.get(leaf);
    if (ref === undefined) {
      ref = 2 * this.#leaves.length;
      this.#leaves.push(leaf);
      this.#leafRefs.set(leaf, ref);
    }
    return ref;
  }
}

/** A key behind those that came before it: objects with the same keys in the same order end at the same one. */
class Key {
  readonly #name: string;
  /** The reference to objects that end here. */
  shapeRef: number | undefined;
  /** What the last object had here, if that was a leaf: the next one often has the same. */
  leaf: unknown;
  leafRef: number | undefined;
  #next: Key | undefined;
  #others: Map<string, Key> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  next(name: string): Key {
    if (this.#next === undefined) {
      this.#next = new Key(name);
      return this.#next;
    }
    return this.#next.#name === name ? this.#next : this.#other(name);
  }

  #other(name: string): Key {
    this.#others = this.#others ?? new Map<string, Key>();
    let key = this.#others.get(name);
    if (key === undefined) {
      key = new Key(name);
      this.#others.set(name, key);
    }
    return key;
  }
}

class Unpacker {
  readonly #cursor: Cursor;
  readonly #shapes: readonly Shape[];
  readonly #leaves: readonly unknown[];

  constructor(
    cursor: Cursor,
    shapes: readonly Shape[],
    leaves: readonly unknown[],
  ) {
    this.#cursor = cursor;
    this.#shapes = shapes;
    this.#leaves = leaves;
  }

  read(): unknown {
    const ref = this.#cursor.varint();
    if (ref % 2 === 0) {
      return this.#leaf(ref / 2);
    }
    return ref === ARRAY
      ? this.#readArray()
      : this.#readObject((ref - FIRST_SHAPE) / 2);
  }

  #leaf(index: number): unknown {
    const leaf = this.#leaves[index];
    if (leaf === undefined) {
      throw new Error(`there is no value ${index}`);
    }
    return leaf;
  }

  #readArray(): unknown[] {
    const items: unknown[] = [];
    for (let left = this.#cursor.varint(); left > 0; left--) {
      items.push(this.read());
    }
    return items;
  }

  #readObject(index: number): Record<string, unknown> {
    const shape = this.#shapes[index];
    if (shape === undefined) {
      throw new Error(`there is no list of keys ${index}`);
    }
    const fields: Record<string, unknown> = {};
    for (let i = 0; i < shape.length; i++) {
      fields[shape[i] as string] = this.read();
    }
    return fields;
  }
}

function isShape(shape: unknown): shape is Shape {
  return (
    Array.isArray(shape) &&
    shape.every((key) => typeof key === "string" && key !== SPECIAL_KEY)
  );
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** An unsigned LEB128. Returns where it ends. */
function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}
