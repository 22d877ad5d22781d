import {
  firstNumberOf,
  isLaterRef,
  isOrdered,
  refOf,
  setFirstNumber,
} from "../wire/ordered-section";

/** The sections that this process has sent, until the primary has numbered what is in them. */
export class SentSections {
  #sections: Buffer[] = [];

  add(section: Buffer): void {
    if (isOrdered(section)) {
      this.#sections.push(section);
    }
  }

  /**
   * The section whose numbers have come, with them. Older ones never get any.
   *
   * @returns `undefined` if nobody waits for it any more
   */
  take(echo: Buffer): Buffer | undefined {
    const ref = refOf(echo);
    for (;;) {
      const section = this.#sections[0];
      if (section === undefined || isLaterRef(refOf(section), ref)) {
        return undefined;
      }
      this.#sections.shift();
      if (refOf(section) === ref) {
        setFirstNumber(section, firstNumberOf(echo));
        return section;
      }
    }
  }

  clear(): void {
    this.#sections = [];
  }
}
