import type { PacketFrame } from "../../../dist/wire/frame-reader";
import type { SessionMessage } from "../../../dist/wire/session-messages";
import type { Node } from "../../../dist/worker/node-registry";

/** A node that writes down what it hears. */
export class FakeNode implements Node {
  readonly heard: unknown[] = [];
  /** The uids of those who were heard. */
  readonly alive: string[] = [];

  readonly recovery = undefined;
  readonly server = { of: () => undefined };

  constructor(
    readonly nsp = "/",
    readonly uid = "n1",
  ) {}

  onAlive(uid: string): void {
    this.alive.push(uid);
  }

  onMessage(message: unknown): void {
    this.heard.push(message);
  }

  onPacket(uid: string, packet: PacketFrame): void {
    this.heard.push([uid, ...packet.readParts()]);
  }

  onSession({ op }: SessionMessage): void {
    this.heard.push(["session", op]);
  }

  onOrder(): void {
    this.heard.push("order");
  }

  onLoss(): void {
    this.heard.push("loss");
  }

  onDisconnect(): void {
    this.heard.push("disconnect");
  }

  onExit(): void {
    this.heard.push("exit");
  }

  onNodes(uids: ReadonlySet<string>): void {
    this.heard.push(["nodes", ...uids]);
  }

  greet(): void {
    this.heard.push("greet");
  }
}
