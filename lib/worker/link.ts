/**
 * The link of this process to the cluster. All adapters of the process share it: one listener on the channel, one wire,
 * one outbox, whatever the number of namespaces and servers.
 */
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { MessageType, type BroadcastOptions } from "socket.io-adapter";
import { debugWorker as debug } from "../debug";
import { drain } from "../drain";
import { errorName } from "../errors";
import { attempt, warnOnce } from "../warnings";
import { keepEncodable, SERIALIZATIONS } from "../wire/encodable";
import {
  convertSection,
  drainedMessage,
  FastType,
  framesMessage,
  isFramesMessage,
  readControl,
  readOffer,
  sectionBytes,
  withOffer,
  type ReadControl,
  type Wire,
} from "../wire/fast";
import type { Origin, WrittenPacket } from "../wire/frame-writer";
import { PRIMARY_UID, type OffsetPlace, type Part } from "../wire/frames";
import type { Offset } from "../wire/offsets";
import { isEcho } from "../wire/ordered-section";
import {
  isEnvelope,
  isKnownType,
  isMembership,
  isOurs,
  isPlainMessage,
  type Envelope,
  type PlainMessage,
} from "../wire/plain";
import { refuseDeep } from "../wire/depth";
import {
  encodeSession,
  SessionOp,
  type SessionMessage,
} from "../wire/session-messages";
import { encodeAlike, encodeValue } from "../wire/values";
import { ownViews } from "../wire/views";
import { processChannel, type Channel } from "./channel";
import { dispatchFrames } from "./frame-dispatch";
import { NodeRegistry, type Node } from "./node-registry";
import { Order } from "./order";
import { Outbox } from "./outbox";
import { SentSections } from "./sent-sections";

export class Link {
  readonly #channel: Channel;
  readonly #now: () => number;
  readonly #nodes = new NodeRegistry();
  readonly #uid = randomBytes(8).toString("hex");
  readonly #outbox: Outbox;
  readonly #order = new Order((position) =>
    this.#sendProgress({ op: SessionOp.PROGRESS, ...position }),
  );
  readonly #sent = new SentSections();
  #wire: Wire = "plain";
  /** Whether the primary has said which wire to use. */
  #isTold = false;
  /** Called once it has. What waits on a promise that never settles would stay in memory. */
  readonly #onTold = new Set<() => void>();
  /** When the primary was greeted first, in ms. */
  #greetedAt = 0;
  /** Whether the channel takes binary data as it is; known once the fast wire is in use. */
  #isBinary = false;

  /** @param now - in ms, of any origin */
  constructor(channel: Channel, now = () => performance.now()) {
    this.#channel = channel;
    this.#now = now;
    this.#outbox = new Outbox((sections) => this.#sendSections(sections), now);
  }

  /** The wire that the primary has told this process to use: the plain one until then. */
  get wire(): Wire {
    return this.#wire;
  }

  /** The last packet of the total order that was delivered here; `undefined` where there is no order. */
  get position(): Offset | undefined {
    return this.#wire === "ordered" ? this.#order.position : undefined;
  }

  /**
   * Waits until the primary has said which wire to use. One of 0.3.0 never does.
   *
   * @param patience - how long after the first greeting to take it for one of those, in ms
   * @returns whether it has
   */
  whenTold(patience: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#onTold.delete(end);
        resolve(this.#isTold);
      };
      const now = this.#now();
      const since = this.#nodes.isEmpty ? now : this.#greetedAt;
      const left = since + patience - now;
      // the answer may wait to be read
      const timer = setTimeout(() => setImmediate(end), Math.max(0, left));
      timer.unref();
      this.#onTold.add(end);
      if (this.#isTold) {
        end();
      }
    });
  }

  /** Begins to pass on what concerns a node. */
  join(node: Node): void {
    if (this.#nodes.isEmpty) {
      this.#greetedAt = this.#now();
      this.#isTold = false;
      this.#channel.open({
        onMessage: (message) => this.#onMessage(message),
        onDisconnect: () => {
          debug("the channel has closed");
          this.#use("plain");
          this.#nodes.forEach((other) => attempt(() => other.onDisconnect()));
        },
        beforeDisconnect: () => this.#outbox.flush(),
        onExit: () => this.#onExit(),
      });
    }
    this.#nodes.add(node);
  }

  /** Ends what `join()` began. The channel is let go with the last node. */
  leave(node: Node): void {
    this.#nodes.delete(node);
    if (this.#nodes.isEmpty) {
      this.#outbox.flush();
      this.#channel.close();
      this.#use("plain");
    }
  }

  /** @throws the serializer's error, if the message cannot be encoded */
  send(origin: Origin | Node, message: Envelope): void {
    if (!this.#channel.connected) {
      return;
    }
    if (isMembership(message.type)) {
      // the primary reads them, and learns from them what this side can speak [W2]
      this.#outbox.flush();
      this.#channel.send(
        withOffer(message, "recovery" in origin ? origin.recovery : undefined),
      );
      return;
    }
    if (this.#wire === "plain") {
      refuseDeep(message);
      this.#channel.send(message);
    } else {
      const encode =
        message.type === MessageType.FETCH_SOCKETS_RESPONSE
          ? encodeAlike
          : encodeValue;
      const data = encode(message.data, this.#isBinary);
      this.#outbox.writeMessage(
        origin,
        message.requesterUid,
        message.type,
        data,
        // the acknowledgements of clients follow
        message.type !== MessageType.BROADCAST_CLIENT_COUNT,
      );
    }
  }

  /**
   * Sends a packet as its parser has encoded it. Only for the fast wire.
   *
   * @returns the WebSocket frame of the packet, if it is a single text
   */
  sendPacket(
    origin: Origin,
    opts: BroadcastOptions,
    requestId: string | undefined,
    parts: readonly Part[],
  ): Buffer | undefined {
    return this.#outbox.writePacket(origin, opts, requestId, parts);
  }

  /**
   * Sends a packet of the total order. Only for the ordered wire.
   *
   * @param place - where there is room for an offset, if the parser has left it recognizable
   * @param isNumbered - whether it is to get a number of its own
   */
  sendOrdered(
    origin: Origin,
    opts: BroadcastOptions,
    parts: readonly Part[],
    place: OffsetPlace | undefined,
    isNumbered: boolean,
  ): WrittenPacket {
    return this.#outbox.writeOrdered(origin, opts, parts, place, isNumbered);
  }

  /** Tells the primary something about a session. Only for the ordered wire. */
  sendSession(node: Node, message: SessionMessage): void {
    this.#outbox.writeSession(node, PRIMARY_UID, encodeSession(message));
  }

  /**
   * Sends an answer. A value in it that cannot be encoded is left out, with one process warning that names it: whoever
   * asked waits for the rest.
   */
  sendAnswer(node: Node, answer: Envelope): void {
    let sendable = answer;
    for (const encode of SERIALIZATIONS) {
      if (this.#trySend(node, sendable)) {
        return;
      }
      const data = keepEncodable(sendable.data, encode, (path) =>
        warnOnce(
          `a value that cannot be sent to another worker was left out of an answer: ${path}`,
        ),
      );
      sendable = { ...sendable, data };
    }
    if (!this.#trySend(node, sendable)) {
      warnOnce("an answer to another worker cannot be sent");
    }
  }

  #trySend(node: Node, message: Envelope): boolean {
    try {
      this.send(node, message);
      return true;
    } catch (error) {
      debug("a message cannot be encoded: %s", errorName(error));
      return false;
    }
  }

  #onMessage(message: unknown): void {
    if (!isOurs(message)) {
      return;
    }
    if (!isEnvelope(message)) {
      debug("ignore a message of an unknown form");
    } else if (isFramesMessage(message)) {
      for (const section of message.data) {
        this.#onSection(sectionBytes(section));
      }
    } else if (message.type === FastType.CONTROL) {
      this.#onControl(readControl(message), readOffer(message)?.isBinary);
    } else if (isPlainMessage(message) || !isKnownType(message.type)) {
      // a subclass may have types of its own
      // JSON has none
      const mayHaveViews = this.#isBinary || this.#wire === "plain";
      const known = (
        mayHaveViews ? ownViews(message) : message
      ) as PlainMessage;
      this.#nodes
        .of(message.nsp)
        ?.forEach((node) => attempt(() => node.onMessage(known)));
    } else {
      debug("ignore a message of an unknown form");
    }
  }

  #onSection(bytes: Buffer): void {
    const isOwn = isEcho(bytes);
    const section = isOwn ? this.#sent.take(bytes) : bytes;
    if (section !== undefined) {
      dispatchFrames(section, this.#nodes, this.#order, isOwn);
    }
  }

  #onControl(message: ReadControl | undefined, isBinary = false): void {
    debug("control: %s", message?.control);
    switch (message?.control) {
      case "ordered":
        this.#isBinary = isBinary;
        this.#use("ordered", message.order);
        break;
      case "fast":
        this.#isBinary = isBinary;
        this.#use("fast");
        break;
      case "plain":
        // what was written before the change leaves before the change
        this.#outbox.flush();
        this.#use("plain");
        break;
      case "reset":
        this.#nodes.forEach((node) => attempt(() => node.onLoss()));
        break;
      case "greet":
        if (message.nodes !== undefined) {
          const uids = new Set(message.nodes);
          this.#nodes.forEach((node) => uids.add(node.uid));
          this.#nodes.forEach((node) => attempt(() => node.onNodes(uids)));
        }
        this.#nodes.forEach((node) => node.greet());
        break;
      case "drain":
        void this.#drain(message.duration);
        break;
      case undefined:
        debug("ignore a message of an unknown form");
        break;
      default: {
        const unknown: never = message;
        return unknown;
      }
    }
  }

  async #drain(duration: number): Promise<void> {
    const servers = new Set<Node["server"]>();
    this.#nodes.forEach(({ server }) => servers.add(server));
    await Promise.all(
      Array.from(servers, (server) => drain(server, { duration })),
    );
    this.#outbox.flush();
    if (this.#channel.connected) {
      this.#channel.send(drainedMessage(this.#uid));
    }
  }

  #use(wire: Wire, position?: Offset): void {
    const wasOrdered = this.#wire === "ordered";
    const isNew = position !== undefined && this.#order.begin(position);
    this.#wire = wire;
    if (isNew || wasOrdered !== (wire === "ordered")) {
      // what was sent in the old order never gets a number of the new one
      this.#outbox.flush();
      this.#sent.clear();
      this.#nodes.forEach((node) => node.onOrder());
    }
    this.#isTold = true;
    this.#onTold.forEach((end) => end());
  }

  #sendProgress(message: SessionMessage): void {
    const { first } = this.#nodes;
    if (first !== undefined && this.#wire === "ordered") {
      this.sendSession(first, message);
    }
  }

  #onExit(): void {
    this.#nodes.forEach((node) => node.onExit());
    // no turn of the event loop follows: what listeners behind this one send has to leave at once
    this.#outbox.isLast = true;
  }

  #sendSections(sections: Buffer[]): void {
    if (this.#channel.connected) {
      const data = sections.map((section) => {
        this.#sent.add(section);
        return convertSection(section, this.#isBinary);
      });
      this.#channel.send(framesMessage(this.#uid, data));
    }
  }
}

let link: Link | undefined;

/**
 * @throws {ClusterAdapterError} `ERR_NO_IPC_CHANNEL` if the process was started without one
 */
export function processLink(): Link {
  link = link ?? new Link(processChannel());
  return link;
}
