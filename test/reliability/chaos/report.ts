import type { Outcome } from "./runner";
import type { Plan } from "./plan";

/** One line about a run, and its violations below it. */
export function describeRun(
  seed: number,
  { config, clients, rounds }: Plan,
  { violations, counts }: Outcome,
): string {
  const { mode, serialization, parser, workers, tight, patience } = config;
  const what = [
    mode,
    serialization,
    ...(parser === "default" ? [] : [parser]),
    ...(tight === "nothing" ? [] : [`a low limit of the ${tight}`]),
    `${patience} patience`,
    `${workers} workers`,
    `${clients.length} clients`,
    `${rounds.length} rounds`,
  ].join(", ");
  const count = (name: string) => counts.get(name) ?? 0;
  const figures = `${count("packets")} packets sent, ${count("deliveries")} received, ${count("recovered")} recoveries`;
  const mark = violations.length === 0 ? "ok  " : "FAIL";
  return [
    `${mark} seed ${seed}: ${what}: ${figures}`,
    ...violations.map((violation) => `       ${violation}`),
  ].join("\n");
}

/** The sums over all runs, as a table. */
export function summarize(totals: ReadonlyMap<string, number>): string {
  const rows = Array.from(totals).sort(([a], [b]) => a.localeCompare(b));
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(([name, n]) => `  ${name.padEnd(width)}  ${n.toLocaleString("en")}`)
    .join("\n");
}

export function addTo(
  totals: Map<string, number>,
  counts: ReadonlyMap<string, number>,
): void {
  for (const [name, n] of counts) {
    totals.set(name, (totals.get(name) ?? 0) + n);
  }
}
