/**
 * Values of many objects that are alike, as the sockets in an answer to `fetchSockets()` are: each list of keys is written
 * once, and so is each short text. What follows refers to them. [W10]
 */
import { Cursor } from "./cursor";
import { MAX_VARINT_SIZE, writeVarint } from "./varint";

/** The first byte of a packed value, which is in no UTF-8. */
export const PACKED_TAG = 0xfe;

/** The keys of objects, and what is not taken apart. */
type Tables = readonly [shapes: readonly Shape[], leaves: readonly unknown[]];
type Shape = readonly string[];

// a reference is 2 x i for leaf i, 1 for an array, with its length behind it, and 3 + 2 x i for an object of shape i
const ARRAY = 1;
const FIRST_SHAPE = 3;

// of a text that is very long, V8 hashes the length alone
const MAX_SHARED_LENGTH = 256;

/** @param value - one of which JSON says all, see `isJson()` */
export function pack(value: unknown): Buffer {
  const packer = new Packer();
  packer.write(value);
  return packer.toBuffer();
}

/** @throws if it is malformed */
export function unpack(bytes: Buffer): unknown {
  const cursor = new Cursor(bytes, 1);
  const end = cursor.enter(cursor.varint());
  const [shapes, leaves] = JSON.parse(cursor.rest().toString()) as unknown[];
  cursor.leave(end);
  if (!Array.isArray(shapes) || !shapes.every(isShape)) {
    throw new Error("a list of keys is malformed");
  }
  if (!Array.isArray(leaves)) {
    throw new Error("there is no list of values");
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
  readonly #refs: number[] = [];
  readonly #sharedRefs = new Map<unknown, number>();
  readonly #noKeys = new KeyNode("");

  write(value: unknown): void {
    if (!isContainer(value)) {
      this.#refs.push(this.#leafRef(value));
    } else if (Array.isArray(value)) {
      this.#refs.push(ARRAY, value.length);
      for (let i = 0; i < value.length; i++) {
        this.write(value[i]);
      }
    } else {
      this.#writeObject(value as Record<string, unknown>);
    }
  }

  toBuffer(): Buffer {
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

  #writeObject(fields: Record<string, unknown>): void {
    const names = Object.keys(fields);
    const memo = this.#memoOf(names);
    if (memo === undefined) {
      this.#refs.push(this.#addLeaf(fields));
      return;
    }
    const { ref, leaves, leafRefs } = memo;
    this.#refs.push(ref);
    for (let i = 0; i < names.length; i++) {
      const item = fields[names[i] as string];
      if (isContainer(item)) {
        this.write(item);
      } else {
        if (leafRefs[i] === undefined || leaves[i] !== item) {
          leaves[i] = item;
          leafRefs[i] = this.#leafRef(item);
        }
        this.#refs.push(leafRefs[i] as number);
      }
    }
  }

  /** Returns nothing for what cannot be taken apart. */
  #memoOf(names: Shape): ShapeMemo | undefined {
    let key = this.#noKeys;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (beginsWithDigit(name)) {
        return undefined;
      }
      key = key.next(name);
    }
    if (key.memo === undefined && names.every(isAssignable)) {
      const ref = FIRST_SHAPE + 2 * this.#shapes.length;
      key.memo = { ref, leaves: [], leafRefs: [] };
      this.#shapes.push(names);
    }
    return key.memo;
  }

  #leafRef(leaf: unknown): number {
    if (!isSharable(leaf)) {
      return this.#addLeaf(leaf);
    }
    let ref = this.#sharedRefs.get(leaf);
    if (ref === undefined) {
      ref = this.#addLeaf(leaf);
      this.#sharedRefs.set(leaf, ref);
    }
    return ref;
  }

  #addLeaf(leaf: unknown): number {
    return 2 * (this.#leaves.push(leaf) - 1);
  }
}

interface ShapeMemo {
  readonly ref: number;
  /** What the last object of the shape had for each key: the next one often has the same. */
  readonly leaves: unknown[];
  readonly leafRefs: number[];
}

/** A key behind those that lead to it. */
class KeyNode {
  readonly #name: string;
  /** Of the shape that ends with this key. */
  memo: ShapeMemo | undefined;
  /** There is only one for most. */
  #next: KeyNode | undefined;
  #others: Map<string, KeyNode> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  next(name: string): KeyNode {
    if (this.#next === undefined) {
      this.#next = new KeyNode(name);
      return this.#next;
    }
    return this.#next.#name === name ? this.#next : this.#other(name);
  }

  #other(name: string): KeyNode {
    this.#others = this.#others ?? new Map<string, KeyNode>();
    let key = this.#others.get(name);
    if (key === undefined) {
      key = new KeyNode(name);
      this.#others.set(name, key);
    }
    return key;
  }
}

class Unpacker {
  readonly #cursor: Cursor;
  readonly #shapes: readonly Shape[];
  readonly #leaves: unknown[];

  constructor(cursor: Cursor, shapes: readonly Shape[], leaves: unknown[]) {
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
      throw new Error(`there is no value ${index}, or not any more`);
    }
    if (isContainer(leaf)) {
      // nobody shares it
      this.#leaves[index] = undefined;
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

function isShape(keys: unknown): keys is Shape {
  return (
    Array.isArray(keys) &&
    keys.every((key) => typeof key === "string" && !isTreacherous(key))
  );
}

/**
 * Whether it may be looked for among the others: V8 hashes numbers, and in some versions the texts of numbers, without a
 * seed, so that clients could choose some that collide.
 */
function isSharable(leaf: unknown): boolean {
  return typeof leaf === "string"
    ? leaf.length <= MAX_SHARED_LENGTH && !beginsWithDigit(leaf)
    : typeof leaf !== "number";
}

/** To assign the former makes room for as many items as an array would have, to assign the latter changes the prototype. */
function isTreacherous(key: string): boolean {
  return beginsWithDigit(key) || key === "__proto__";
}

/** Whether an object gets a field of its own by assignment, even if what it inherits is frozen. */
function isAssignable(key: string): boolean {
  return !isTreacherous(key) && !(key in Object.prototype);
}

function beginsWithDigit(text: string): boolean {
  const unit = text.charCodeAt(0);
  return unit >= 0x30 && unit <= 0x39;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
