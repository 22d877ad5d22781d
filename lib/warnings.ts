const MAX_REMEMBERED = 1_000;
const given = new Set<string>();

/**
 * Gives a process warning, once for each text: what is repeated with every message must not flood the log.
 */
export function warnOnce(text: string): void {
  if (given.has(text) || given.size >= MAX_REMEMBERED) {
    return;
  }
  given.add(text);
  process.emitWarning(text, "ClusterAdapterWarning");
}
