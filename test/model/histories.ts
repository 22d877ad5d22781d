import type { Step } from "./scenario";

/**
 * What has happened to each party. Parties know of each other by messages alone, which arrive in the order in which they
 * were sent: two worlds in which the same has happened to each party, in the same order, are in the same state.
 */
export class Histories {
  readonly #histories = new Map<string, string>();

  add(step: Step): void {
    step.parties.forEach((party) =>
      this.#histories.set(party, this.#after(party, step)),
    );
  }

  /** The name of the state after a step. */
  keyAfter(step: Step): string {
    const parties = new Set([...this.#histories.keys(), ...step.parties]);
    return Array.from(parties)
      .sort()
      .map((party) =>
        step.parties.includes(party)
          ? this.#after(party, step)
          : this.#histories.get(party),
      )
      .join("\n");
  }

  #after(party: string, { name }: Step): string {
    return `${this.#histories.get(party) ?? party}|${name}`;
  }
}
