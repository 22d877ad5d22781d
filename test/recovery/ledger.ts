/** A packet as its sender has numbered it: from 0 on, without a gap. */
export interface Packet {
  readonly sender: string;
  readonly number: number;
  /** For everyone if there is none. */
  readonly room?: string;
  readonly except?: string;
}

interface Entry {
  readonly sender: string;
  readonly number: number;
  /** `undefined` as long as nobody has published it. */
  packet: Packet | undefined;
  readonly readers: Set<Reader>;
}

const MAX_FINDINGS = 20;

/** What was published in a namespace, what arrived at its clients, and what is wrong between the two. */
export class Ledger {
  readonly #entries = new Map<string, Entry[]>();
  readonly #readers: Reader[] = [];
  readonly #killed = new Set<string>();
  readonly #hasOneOrder: boolean;

  /** @param hasOneOrder - whether all clients are to see the packets of different senders in one order */
  constructor(hasOneOrder = true) {
    this.#hasOneOrder = hasOneOrder;
  }

  publish(packet: Packet): void {
    this.#entry(packet.sender, packet.number).packet = packet;
  }

  /** The process of a sender was killed: what it had not passed on, its last packets, reaches nobody. */
  noteKilled(sender: string): void {
    this.#killed.add(sender);
  }

  /** A client that is connected, and in its rooms, before anything is published. */
  reader(name: string, rooms: readonly string[] = []): Reader {
    const reader = new Reader(name, new Set(rooms), (sender, number) =>
      this.#entry(sender, number),
    );
    this.#readers.push(reader);
    return reader;
  }

  get published(): number {
    return this.#all().filter(({ packet }) => packet !== undefined).length;
  }

  /** The packets of killed senders that were for somebody, and that nobody has. */
  get lost(): number {
    return this.#lost().size;
  }

  /** What is wrong, in words: nothing, as it should be. */
  findings(): string[] {
    const lost = this.#lost();
    const findings = this.#readers.flatMap((reader) => [
      ...this.#missing(reader, lost),
      ...reader.findings(),
    ]);
    if (this.#hasOneOrder) {
      findings.push(...disagreements(this.#readers));
    }
    const more = findings.length - MAX_FINDINGS;
    return more > 0
      ? [...findings.slice(0, MAX_FINDINGS), `and ${more} more`]
      : findings;
  }

  #missing(reader: Reader, lost: ReadonlySet<Entry>): string[] {
    return this.#all()
      .filter(
        (entry) =>
          entry.packet !== undefined &&
          isFor(entry.packet, reader) &&
          !entry.readers.has(reader) &&
          !lost.has(entry),
      )
      .map((entry) => `${reader.name} misses ${nameOf(entry)}`);
  }

  /** Of each sender that was killed, what comes after the last packet that somebody has. */
  #lost(): Set<Entry> {
    const lost = Array.from(this.#killed, (sender) => {
      const entries = this.#entries.get(sender) ?? [];
      const isSeen = entries.map(({ readers }) => readers.size > 0);
      const end = isSeen.lastIndexOf(true) + 1;
      return entries.slice(end).filter(({ packet }) => this.#matters(packet));
    });
    return new Set(lost.flat());
  }

  #matters(packet: Packet | undefined): boolean {
    return (
      packet !== undefined &&
      this.#readers.some((reader) => isFor(packet, reader))
    );
  }

  #entry(sender: string, number: number): Entry {
    let entries = this.#entries.get(sender);
    if (entries === undefined) {
      entries = [];
      this.#entries.set(sender, entries);
    }
    for (let next = entries.length; next <= number; next++) {
      const readers = new Set<Reader>();
      entries.push({ sender, number: next, packet: undefined, readers });
    }
    return entries[number] as Entry;
  }

  #all(): Entry[] {
    return Array.from(this.#entries.values()).flat();
  }
}

/** What one client has received, in the order of its arrival. */
export class Reader {
  /** Each packet once, where it came first. */
  readonly entries: Entry[] = [];
  readonly #doubles: string[] = [];

  constructor(
    readonly name: string,
    readonly rooms: ReadonlySet<string>,
    private readonly entryOf: (sender: string, number: number) => Entry,
  ) {}

  receive(sender: string, number: number): void {
    const entry = this.entryOf(sender, number);
    if (entry.readers.has(this)) {
      this.#doubles.push(`${this.name} has ${nameOf(entry)} twice`);
    } else {
      entry.readers.add(this);
      this.entries.push(entry);
    }
  }

  findings(): string[] {
    return [...this.#doubles, ...this.#unexpected(), ...this.#inversions()];
  }

  #unexpected(): string[] {
    return this.entries
      .filter(({ packet }) => packet === undefined || !isFor(packet, this))
      .map((entry) => `${this.name} has ${nameOf(entry)}, which is not for it`);
  }

  #inversions(): string[] {
    const last = new Map<string, number>();
    return this.entries.flatMap((entry) => {
      const previous = last.get(entry.sender) ?? -1;
      last.set(entry.sender, entry.number);
      return entry.number < previous
        ? [`${this.name} has ${nameOf(entry)} after ${previous}`]
        : [];
    });
  }
}

function isFor({ room, except }: Packet, { rooms }: Reader): boolean {
  return (
    (room === undefined || rooms.has(room)) &&
    (except === undefined || !rooms.has(except))
  );
}

function nameOf({ sender, number }: Entry): string {
  return `${number} of ${sender}`;
}

/**
 * Whether there is one order of all packets of which everyone has seen a part. It is built from its beginning: next is a
 * packet that is next for all who have it. Where there is none, some disagree.
 */
function disagreements(readers: readonly Reader[]): string[] {
  const positions = new Map(readers.map((reader) => [reader, 0]));
  const next = (reader: Reader) =>
    reader.entries[positions.get(reader) as number];
  // grows as it is read
  const waiting = new Set(readers);
  for (const reader of waiting) {
    waiting.delete(reader);
    for (let entry = next(reader); entry; entry = next(reader)) {
      const owners = Array.from(entry.readers);
      if (!owners.every((owner) => next(owner) === entry)) {
        // comes again when the last of the others is as far
        break;
      }
      for (const owner of owners) {
        positions.set(owner, (positions.get(owner) as number) + 1);
        if (owner !== reader) {
          waiting.add(owner);
        }
      }
    }
  }
  return readers.flatMap((reader) => {
    const entry = next(reader);
    return entry
      ? [`${reader.name} has ${nameOf(entry)} in an order of its own`]
      : [];
  });
}
