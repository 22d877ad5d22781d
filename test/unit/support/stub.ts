/** Puts a value in the place of a property, and returns the function that puts everything back. */
export function stub<T extends object>(
  target: T,
  key: PropertyKey,
  value: unknown,
): () => void {
  const original = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: true,
  });
  return () => {
    if (original) {
      Object.defineProperty(target, key, original);
    } else {
      delete (target as Record<PropertyKey, unknown>)[key];
    }
  };
}
