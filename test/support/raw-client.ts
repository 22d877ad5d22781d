import WebSocket from "ws";
import { waitFor, within } from "./wait";

/** What a client says when it connects: whatever it likes. */
export interface Ticket {
  pid?: unknown;
  offset?: unknown;
}

/** A client that speaks the protocol by hand, over one WebSocket. */
export class RawClient {
  /** The packets that have arrived: texts, and binary data. */
  readonly packets: Array<string | Buffer> = [];
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;

  private constructor(url: string) {
    const address = `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    this.#socket = new WebSocket(address, { perMessageDeflate: false });
    this.#socket.on("error", () => {});
    this.#socket.on("message", (data: Buffer, isBinary) => {
      const packet = isBinary ? data : data.toString();
      if (packet === "2") {
        this.send("3");
      } else {
        this.packets.push(packet);
      }
    });
    this.closed = new Promise((resolve) => {
      this.#socket.on("close", () => resolve());
    });
  }

  /** Connects to the main namespace, and waits for the answer. */
  static async connect(url: string, ticket?: Ticket): Promise<RawClient> {
    const client = new RawClient(url);
    await client.first("0{");
    client.send(`40${ticket === undefined ? "" : JSON.stringify(ticket)}`);
    await client.first("40");
    return client;
  }

  /** What it was told when it connected. */
  get session(): { sid: string; pid: string } {
    return JSON.parse((this.#find("40") as string).slice(2)) as {
      sid: string;
      pid: string;
    };
  }

  /** The arguments of the events that have arrived, without binary data. */
  get events(): unknown[][] {
    return this.packets
      .filter((packet) => typeof packet === "string" && packet.startsWith("42"))
      .map((packet) => JSON.parse((packet as string).slice(2)) as unknown[]);
  }

  /** Waits for an event, and returns its arguments. */
  event(name: string): Promise<unknown[]> {
    return waitFor(() => this.events.find(([event]) => event === name), {
      message: `"${name}" arrives`,
    }) as Promise<unknown[]>;
  }

  /** Waits for a text that begins so. */
  first(prefix: string): Promise<string> {
    return waitFor(() => this.#find(prefix), {
      message: `a packet arrives that begins with ${prefix}`,
    }) as Promise<string>;
  }

  send(packet: string): void {
    this.#socket.send(packet);
  }

  /** Loses the connection, without a word. */
  async lose(): Promise<void> {
    this.#socket.terminate();
    await within(this.closed, { message: "the connection is lost" });
  }

  /** Reads nothing any more. */
  pause(): void {
    this.#socket.pause();
  }

  #find(prefix: string): string | undefined {
    return this.packets.find(
      (packet): packet is string =>
        typeof packet === "string" && packet.startsWith(prefix),
    );
  }
}
