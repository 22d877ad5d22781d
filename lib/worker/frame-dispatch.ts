/**
 * Passes the frames of a section on to the nodes that they are for.
 */
import { debugWorker as debug } from "../debug";
import { attempt, warnOrThrowLater } from "../warnings";
import {
  readFrames,
  readTarget,
  type FrameVisitor,
  type PacketFrame,
} from "../wire/frame-reader";
import { PRIMARY_UID } from "../wire/frames";
import type { Offset } from "../wire/offsets";
import { isPlainMessage, MESSAGE_SOURCE } from "../wire/plain";
import { decodeSession } from "../wire/session-messages";
import { decodeValue } from "../wire/values";
import type { Node, NodeRegistry } from "./node-registry";

const NOBODY: ReadonlySet<Node> = new Set();

/** What the link knows of the total order. */
export interface OrderTracker {
  /** The last packet that was delivered. */
  readonly position: Offset;
  /** A packet is about to be delivered. */
  advance(number: number): void;
}

/**
 * A violation of the protocol loses the rest of the section, with one process warning.
 *
 * @param isOwn - whether this process has sent it, and its packets have got their numbers: nothing else is news
 */
export function dispatchFrames(
  section: Buffer,
  registry: NodeRegistry,
  order: OrderTracker,
  isOwn: boolean,
): void {
  attempt(() =>
    readFrames(section, new Dispatcher(section, registry, order, isOwn)),
  );
}

class Dispatcher implements FrameVisitor {
  readonly #section: Buffer;
  readonly #registry: NodeRegistry;
  readonly #order: OrderTracker;
  #uid = "";
  #nsp = "";
  #nodes = NOBODY;
  readonly #isOwn: boolean;

  constructor(
    section: Buffer,
    registry: NodeRegistry,
    order: OrderTracker,
    isOwn: boolean,
  ) {
    this.#section = section;
    this.#registry = registry;
    this.#order = order;
    this.#isOwn = isOwn;
  }

  onOrigin(uid: string, nsp: string): void {
    this.#uid = uid;
    this.#nsp = nsp;
    this.#nodes = this.#registry.of(nsp) ?? NOBODY;
    if (!this.#isOwn && uid !== PRIMARY_UID) {
      this.#nodes.forEach((node) => node.onAlive(uid));
    }
  }

  onPacket(packet: PacketFrame): void {
    if (packet.ref !== undefined) {
      this.#order.advance(packet.number);
    } else if (this.#isOwn) {
      return;
    }
    if (this.#isOwn || packet.number === 0) {
      // the others have their offsets from the primary
      packet.stamp(this.#order.position);
    }
    for (const node of this.#nodes) {
      // without a function for each packet
      try {
        node.onPacket(this.#uid, packet);
      } catch (error) {
        warnOrThrowLater(error);
      }
    }
  }

  onMessage(type: number, bytes: Buffer): void {
    if (this.#nodes.size === 0 || this.#isOwn) {
      return;
    }
    let data: unknown;
    try {
      data = bytes.length === 0 ? undefined : decodeValue(bytes);
    } catch (error) {
      warnOrThrowLater(error);
      return;
    }
    const message = {
      source: MESSAGE_SOURCE,
      uid: this.#uid,
      nsp: this.#nsp,
      type,
      data,
    };
    if (!isPlainMessage(message)) {
      debug("ignore a message of an unknown form");
      return;
    }
    for (const node of this.#nodes) {
      attempt(() => node.onMessage(message));
    }
  }

  onSession(body: Buffer): void {
    const message = decodeSession(body);
    const uid = readTarget(this.#section);
    if (message !== undefined && uid !== undefined) {
      this.#registry.get(uid)?.onSession(message);
    }
  }
}
