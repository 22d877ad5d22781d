import type { FakeConnection } from "./fake-connection";
import type { Moment } from "./moment";

/** What one session of a client has seen. */
export interface Stay {
  readonly client: string;
  readonly since: Moment;
  /** The events that it has seen, in that order. */
  readonly seen: string[];
}

/** What is sent of an event: its name, so that it can be found in bytes. */
export function textOf(name: string): string {
  return `#${name}`;
}

export function nameOf(text: string): string {
  return text.slice(1);
}

/** The name of the event in a packet, if it is one. */
export function eventsOf(packet: string): string[] {
  return packet.startsWith("2")
    ? [nameOf((JSON.parse(packet.slice(1)) as string[])[1] as string)]
    : [];
}

/** Does with what it reads what `socket.io-client` does. */
export class ModelClient {
  readonly stays: Stay[] = [];
  /** The worker to which it is connected. */
  worker: number | undefined;
  connection: FakeConnection | undefined;
  /** What the server knows it by when it returns. */
  pid: string | undefined;
  #offset: string | undefined;
  /** When the server has disconnected it for good. */
  until: Moment | undefined;
  #isConnected = false;
  #early: unknown[][] = [];

  constructor(readonly name: string) {}

  get isConnected(): boolean {
    return this.#isConnected && this.connection?.isOpen === true;
  }

  /** Whether its connection was closed by the other side. */
  get isCutOff(): boolean {
    return this.connection?.isOpen === false;
  }

  /** Whether it has not heard whether it is connected. */
  get isWaiting(): boolean {
    return (
      this.connection?.isOpen === true &&
      !this.#isConnected &&
      !this.connection.unread.some((packet) => packet.startsWith("0"))
    );
  }

  connect(worker: number, connection: FakeConnection): void {
    this.worker = worker;
    this.connection = connection;
    connection.receive(
      this.pid === undefined
        ? "0"
        : `0${JSON.stringify({ pid: this.pid, offset: this.#offset })}`,
    );
  }

  /** Reads the oldest of what has arrived. */
  read(count = Infinity): void {
    this.connection?.unread
      .splice(0, count)
      .forEach((packet) => this.#onPacket(packet));
  }

  /** Its connection is lost, and with it what it has not read. */
  lose(): void {
    this.connection = undefined;
    this.worker = undefined;
    this.#isConnected = false;
  }

  #onPacket(packet: string): void {
    const body = packet.slice(1);
    switch (packet[0]) {
      case "0":
        this.#onConnect((JSON.parse(body) as { pid?: string }).pid);
        break;
      case "2":
        this.#onEvent(JSON.parse(body) as unknown[]);
        break;
      case "1":
        this.#isConnected = false;
        break;
      default:
        throw new Error(`a client has read ${packet}`);
    }
  }

  #onConnect(pid: string | undefined): void {
    const isRecovered = pid !== undefined && pid === this.pid;
    this.pid = pid;
    this.#isConnected = true;
    if (!isRecovered) {
      const { name: client } = this;
      const since = this.connection?.connectedAt as Moment;
      this.stays.push({ client, since, seen: [] });
    }
    this.#early.splice(0).forEach((args) => this.#see(args));
  }

  #onEvent(args: unknown[]): void {
    if (this.#isConnected) {
      this.#see(args);
    } else {
      this.#early.push(args);
    }
  }

  #see(args: unknown[]): void {
    this.stays[this.stays.length - 1]?.seen.push(nameOf(args[1] as string));
    const last = args[args.length - 1];
    if (this.pid !== undefined && typeof last === "string") {
      this.#offset = last;
    }
  }
}
