import { EventEmitter } from "node:events";
import type { Moment } from "./moment";

const REQUEST = { headers: {}, connection: {}, url: "/", _query: {} };

/** The connection of a client as the Socket.IO server sees it: what Engine.IO would give it. */
export class FakeConnection extends EventEmitter {
  readonly id: string;
  readonly protocol = 4;
  readonly transport = { writable: true };
  readonly request = REQUEST;
  readonly remoteAddress = "";
  readyState: "open" | "closed" = "open";
  /** What the client has not read yet. */
  readonly unread: string[] = [];
  /** When the socket of the client was connected. */
  connectedAt: Moment | undefined;

  /** @param nth - which of the connections of its worker it is */
  constructor(readonly nth: number) {
    super();
    this.id = String(nth);
  }

  get isOpen(): boolean {
    return this.readyState === "open";
  }

  write(data: string): this {
    if (this.isOpen) {
      this.unread.push(data);
    }
    return this;
  }

  /** What the client sends. */
  receive(data: string): void {
    this.emit("data", data);
  }

  close(): void {
    this.#end("forced close");
  }

  /** The server finds out that the client is not there any more. */
  break(): void {
    this.#end("ping timeout");
  }

  /** The process is gone: nobody there finds out. */
  sever(): void {
    this.readyState = "closed";
  }

  #end(reason: string): void {
    if (this.isOpen) {
      this.readyState = "closed";
      this.emit("close", reason);
    }
  }
}
