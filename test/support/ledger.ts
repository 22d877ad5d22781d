/** Whether a client has to get a packet, may get it, or must not. */
export type Duty = "must" | "may" | "never";

/** A packet as its sender has numbered it: from 0 on, without a gap. */
export interface Packet {
  readonly sender: string;
  readonly number: number;
  /** For everyone if there is none. */
  readonly room?: string;
  readonly except?: string;
  /** What it is to a client, in the place of `room` and `except`; asked when the round is over. */
  readonly dutyTo?: (reader: Reader) => Duty;
  /** Whether it has a place in the order of all. @default true */
  readonly isOrdered?: boolean;
}

/** How a packet came. */
export interface Arrival {
  /** Packets of several senders that were sent in one order have the same line, and their places in it. @default sender */
  readonly line?: string;
  readonly place?: number;
  /** Whether it came by the process that has sent it, and so proves nothing about the others. @default false */
  readonly isLocal?: boolean;
}

interface Entry {
  readonly sender: string;
  readonly number: number;
  /** `undefined` as long as nobody has published it. */
  packet: Packet | undefined;
  readonly readers: Set<Reader>;
  isPassedOn: boolean;
}

const MAX_FINDINGS = 20;

/** What was published in a namespace, what arrived at its clients, and what is wrong between the two. */
export class Ledger {
  readonly #hasOneOrder: boolean;
  readonly #entries = new Map<string, Entry[]>();
  readonly #readers: Reader[] = [];
  readonly #killed = new Set<string>();

  /** @param hasOneOrder - whether all clients are to see the packets of different senders in one order */
  constructor(hasOneOrder = true) {
    this.#hasOneOrder = hasOneOrder;
  }

  publish(packet: Packet): void {
    this.#entry(packet.sender, packet.number).packet = packet;
  }

  /** The process of a sender is gone: what it had not passed on, its last packets, reaches nobody. */
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

  /** How many packets have arrived, each counted for everyone who has it. */
  get arrived(): number {
    return this.#readers.reduce((sum, { entries }) => sum + entries.length, 0);
  }

  /** The packets of killed senders that were for somebody, and that nobody has. */
  get lost(): number {
    return this.#lost().size;
  }

  /** What has not arrived yet, in words. */
  missing(): string[] {
    const lost = this.#lost();
    return this.#readers.flatMap((reader) => this.#missing(reader, lost));
  }

  /** What is wrong, in words: nothing, as it should be. */
  findings(): string[] {
    const findings = [
      ...this.missing(),
      ...this.#readers.flatMap((reader) => reader.findings()),
      ...(this.#hasOneOrder ? disagreements(this.#readers) : []),
    ];
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
          dutyTo(reader, entry.packet) === "must" &&
          !entry.readers.has(reader) &&
          !lost.has(entry),
      )
      .map((entry) => `${reader.name} misses ${nameOf(entry)}`);
  }

  /** Of each sender that was killed, what comes after the last packet that somebody has. */
  #lost(): Set<Entry> {
    const lost = Array.from(this.#killed, (sender) => {
      const entries = this.#entries.get(sender) ?? [];
      const end =
        entries.map(({ isPassedOn }) => isPassedOn).lastIndexOf(true) + 1;
      return entries.slice(end).filter(({ packet }) => this.#matters(packet));
    });
    return new Set(lost.flat());
  }

  #matters(packet: Packet | undefined): boolean {
    return (
      packet !== undefined &&
      this.#readers.some((reader) => dutyTo(reader, packet) === "must")
    );
  }

  #entry(sender: string, number: number): Entry {
    let entries = this.#entries.get(sender);
    if (entries === undefined) {
      entries = [];
      this.#entries.set(sender, entries);
    }
    for (let next = entries.length; next <= number; next++) {
      entries.push({
        sender,
        number: next,
        packet: undefined,
        readers: new Set(),
        isPassedOn: false,
      });
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
  readonly #inversions: string[] = [];
  readonly #lines = new Map<string, number>();

  constructor(
    readonly name: string,
    readonly rooms: ReadonlySet<string>,
    private readonly entryOf: (sender: string, number: number) => Entry,
  ) {}

  receive(
    sender: string,
    number: number,
    { line = sender, place = number, isLocal = false }: Arrival = {},
  ): void {
    const entry = this.entryOf(sender, number);
    if (entry.readers.has(this)) {
      this.#doubles.push(`${this.name} has ${nameOf(entry)} twice`);
      return;
    }
    entry.readers.add(this);
    entry.isPassedOn ||= !isLocal;
    this.entries.push(entry);
    const previous = this.#lines.get(line) ?? -1;
    this.#lines.set(line, place);
    if (place < previous) {
      const at = line === sender ? "" : `, which is ${place} of ${line},`;
      this.#inversions.push(
        `${this.name} has ${nameOf(entry)}${at} after ${previous}`,
      );
    }
  }

  has(sender: string, number: number): boolean {
    return this.entryOf(sender, number).readers.has(this);
  }

  findings(): string[] {
    return [...this.#doubles, ...this.#unexpected(), ...this.#inversions];
  }

  #unexpected(): string[] {
    return this.entries
      .filter(
        ({ packet }) =>
          packet === undefined || dutyTo(this, packet) === "never",
      )
      .map((entry) => `${this.name} has ${nameOf(entry)}, which is not for it`);
  }
}

function dutyTo(reader: Reader, packet: Packet): Duty {
  if (packet.dutyTo) {
    return packet.dutyTo(reader);
  }
  const { room, except } = packet;
  const { rooms } = reader;
  return (room === undefined || rooms.has(room)) &&
    (except === undefined || !rooms.has(except))
    ? "must"
    : "never";
}

function nameOf({ sender, number }: Entry): string {
  return `${number} of ${sender}`;
}

/**
 * Whether there is one order of all packets of which everyone has seen a part. It is built from its beginning: next is a
 * packet that is next for all who have it. Where there is none, some disagree.
 */
function disagreements(readers: readonly Reader[]): string[] {
  const sequences = new Map(
    readers.map((reader) => [
      reader,
      reader.entries.filter(({ packet }) => packet?.isOrdered !== false),
    ]),
  );
  const positions = new Map(readers.map((reader) => [reader, 0]));
  const next = (reader: Reader) =>
    sequences.get(reader)?.[positions.get(reader) as number];
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
