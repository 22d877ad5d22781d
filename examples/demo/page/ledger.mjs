/**
 * What this tab has received of the numbered packets, and what is missing.
 *
 * Each sender numbers its packets from 1, without a gap. Numbers that a sender has never sent on (its worker was killed in
 * that moment) are seen by nobody, and its last number is the last one that anybody has; a gap before it is a loss.
 */
export class Ledger {
  received = 0;
  doubled = 0;
  outOfOrder = 0;
  #senders = new Map();
  #newest = Infinity;

  get lost() {
    let lost = 0;
    for (const { missing } of this.#senders.values()) {
      lost += missing.size;
    }
    return lost;
  }

  /** The last number of each sender. */
  get last() {
    return Object.fromEntries(
      [...this.#senders].map(([from, { last }]) => [from, last]),
    );
  }

  /** Which senders there are: of those with higher numbers, which come later, the first packet is awaited, too. */
  knows(senders) {
    this.#newest = Math.max(...senders);
  }

  /** A new session begins: what was sent before it is not for this tab. What was found missing is not forgotten. */
  restart() {
    this.#newest = Infinity;
    for (const sender of this.#senders.values()) {
      sender.last = undefined;
    }
  }

  take(from, n) {
    this.received++;
    const sender = this.#sender(from);
    const { missing } = sender;
    if (sender.last === undefined) {
      sender.last = n - 1;
    }
    if (n > sender.last) {
      for (let skipped = sender.last + 1; skipped < n; skipped++) {
        missing.add(skipped);
      }
      sender.last = n;
    } else if (missing.delete(n)) {
      this.outOfOrder++;
    } else {
      this.doubled++;
    }
  }

  #sender(from) {
    const known = this.#senders.get(from);
    if (known) {
      return known;
    }
    const sender = {
      last: from > this.#newest ? 0 : undefined,
      missing: new Set(),
    };
    this.#senders.set(from, sender);
    return sender;
  }
}
