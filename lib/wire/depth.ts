/**
 * How deep data may be nested: some thousand levels end the process that reads them from a channel, inside of Node.
 */

/** The levels that are safe to read, with room for those that a message adds. */
export const MAX_DEPTH = 1_000;

/**
 * Goes through a value as the serializer does: depth first, each object once.
 *
 * @throws {RangeError} if the value is nested deeper than `max` levels
 */
export function refuseDeep(root: unknown, max = MAX_DEPTH): void {
  const seen = new Set<object>();

  function visit(value: unknown, depth: number): void {
    if (typeof value !== "object" || value === null || seen.has(value)) {
      return;
    }
    if (depth > max) {
      throw new RangeError(`the data is nested more than ${max} levels deep`);
    }
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      return;
    }
    const children: Iterable<unknown> =
      value instanceof Map
        ? Array.from(value).flat()
        : Array.isArray(value) || value instanceof Set
          ? (value as Iterable<unknown>)
          : Object.values(value);
    for (const child of children) {
      visit(child, depth + 1);
    }
  }

  visit(root, 0);
}
