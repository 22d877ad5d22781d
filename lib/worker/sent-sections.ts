import {
  firstNumberOf,
  isOrdered,
  refOf,
  setFirstNumber,
} from "../wire/ordered-section";

/** The sections that this process has sent, until the primary has numbered what is in them. */
export class SentSections {
  /** By their references, in the order in which they were sent. */
  readonly #sections = new Map<number, Buffer>();

  add(section: Buffer): void {
    if (isOrdered(section)) {
      this.#sections.set(refOf(section), section);
    }
  }

  /**
   * The section whose numbers have come, with them. Older ones never get any.
   *
   * @returns `undefined` if nobody waits for it any more
   */
  take(echo: Buffer): Buffer | undefined {
    const ref = refOf(echo);
    const section = this.#sections.get(ref);
    if (section === undefined) {
      return undefined;
    }
    for (const other of this.#sections.keys()) {
      this.#sections.delete(other);
      if (other === ref) {
        break;
      }
    }
    setFirstNumber(section, firstNumberOf(echo));
    return section;
  }

  clear(): void {
    this.#sections.clear();
  }
}
