import type { Scenario } from "../scenario";

/** A scenario, and the same with more that may happen: clients return to any worker, several messages arrive at once. */
export function widened(scenario: Scenario): Scenario[] {
  const { name, client, initial } = scenario;
  const wide: Scenario = {
    ...scenario,
    name: `${name} (wide)`,
    hasBulkReads: true,
    ...(client && {
      client: {
        ...client,
        homes: client.homes.length > 0 ? initial.slice(0, 2) : [],
      },
    }),
  };
  return [scenario, wide];
}
