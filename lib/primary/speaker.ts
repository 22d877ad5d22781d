/**
 * The primary as one who speaks in the cluster itself: what an Emitter does becomes messages to the nodes.
 */
import { MessageType, type BroadcastOptions } from "socket.io-adapter";
import { notSendable } from "../errors";
import type { Clock } from "../clock";
import {
  decodeOptions,
  encodeOptions,
  EVENT,
  type Packet,
  type SocketDetails,
} from "../socket-io";
import { FrameWriter, type Origin } from "../wire/frame-writer";
import { readFrames } from "../wire/frame-reader";
import { isRecoverable } from "../wire/ordered-section";
import {
  EMITTER_UID,
  isAnswer,
  isPlainMessage,
  MESSAGE_SOURCE,
  type Broadcast,
  type Envelope,
  type PlainMessage,
} from "../wire/plain";
import { decodeValue, encodeValue } from "../wire/values";
import type { Wire } from "../wire/fast";
import { Inquiries } from "./inquiries";

export interface SpeakerOptions {
  readonly clock: Clock;
  /** The nodes of a namespace. */
  readonly nodesOf: (nsp: string) => Iterable<string>;
  readonly wire: () => Wire;
  /** Whether the channels of the workers take binary data as it is. */
  readonly isBinary: () => boolean;
  /** Sends a plain message to everyone. */
  readonly sendPlain: (message: Envelope) => void;
  /** Sends a section to everyone. */
  readonly sendSection: (section: Buffer) => void;
}

export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #inquiries: Inquiries;
  readonly #writer = new FrameWriter();

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.#inquiries = new Inquiries(options);
  }

  /** @throws {ClusterAdapterError} `ERR_NOT_SENDABLE` */
  broadcast(nsp: string, args: unknown[], opts: BroadcastOptions): void {
    this.#sendEvent(nsp, args, opts, undefined);
  }

  /** What the clients answer. Rejects with `ERR_NOT_SENDABLE` or `ERR_TIMEOUT`. */
  broadcastWithAck(
    nsp: string,
    args: unknown[],
    opts: BroadcastOptions,
    timeout: number,
  ): Promise<unknown[]> {
    return this.#inquiries.askClients(nsp, timeout, (requestId) =>
      this.#sendEvent(nsp, args, opts, requestId),
    );
  }

  /** @throws {ClusterAdapterError} `ERR_NOT_SENDABLE` */
  send(
    nsp: string,
    type:
      | MessageType.SOCKETS_JOIN
      | MessageType.SOCKETS_LEAVE
      | MessageType.DISCONNECT_SOCKETS,
    opts: BroadcastOptions,
    data: object,
  ): void {
    this.#send(nsp, type, { opts: encodeOptions(opts), ...data });
  }

  /** @throws {ClusterAdapterError} `ERR_NOT_SENDABLE` */
  serverSideEmit(nsp: string, packet: unknown[]): void {
    this.#send(nsp, MessageType.SERVER_SIDE_EMIT, { packet });
  }

  /** What the listeners of all workers answer. Rejects with `ERR_NOT_SENDABLE` or `ERR_TIMEOUT`. */
  serverSideEmitWithAck(
    nsp: string,
    packet: unknown[],
    timeout: number,
  ): Promise<unknown[]> {
    return this.#inquiries.ask(nsp, timeout, (requestId) =>
      this.#send(nsp, MessageType.SERVER_SIDE_EMIT, { packet, requestId }),
    );
  }

  /** Rejects with `ERR_NOT_SENDABLE` or `ERR_TIMEOUT`. */
  fetchSockets(
    nsp: string,
    opts: BroadcastOptions,
    timeout: number,
    want?: string,
  ): Promise<SocketDetails[]> {
    return this.#inquiries.ask(nsp, timeout, (requestId) =>
      this.#send(nsp, MessageType.FETCH_SOCKETS, {
        opts: encodeOptions(opts),
        requestId,
        ...(want !== undefined && { want }),
      }),
    ) as Promise<SocketDetails[]>;
  }

  /**
   * An event in the form of 0.3.0 as a section of the order, which its sender does not know of yet; `undefined` for what
   * cannot be recovered.
   *
   * @throws {ClusterAdapterError} `ERR_NOT_SENDABLE`
   */
  inOrder({ uid, nsp, data }: Broadcast): Buffer | undefined {
    const { packet, requestId } = data;
    const { type, id, data: args } = packet as Packet;
    const opts = decodeOptions(data.opts);
    if (type !== EVENT || id !== undefined || !isRecoverable(opts, requestId)) {
      return undefined;
    }
    this.#writeEvent({ uid, nsp }, argumentBytes(args), opts, requestId);
    return this.#writer.take()[0];
  }

  /** Reads what nodes answer. */
  onSection(section: Buffer): void {
    let uid = "";
    let nsp = "";
    readFrames(section, {
      onOrigin(originUid, originNsp) {
        uid = originUid;
        nsp = originNsp;
      },
      onMessage: (type, bytes) => {
        const data = bytes.length === 0 ? undefined : decodeValue(bytes);
        const message = { source: MESSAGE_SOURCE, uid, nsp, type, data };
        if (isPlainMessage(message)) {
          this.onAnswer(message);
        }
      },
      onPacket: () => {},
      onSession: () => {},
    });
  }

  onAnswer(message: PlainMessage): void {
    if (isAnswer(message.type)) {
      this.#inquiries.onAnswer(message);
    }
  }

  onNodeGone(uid: string): void {
    this.#inquiries.onNodeGone(uid);
  }

  /** What waits for answers rejects with `ERR_NO_RELAY`. */
  close(): void {
    this.#inquiries.close();
  }

  #sendEvent(
    nsp: string,
    args: unknown[],
    opts: BroadcastOptions,
    requestId: string | undefined,
  ): void {
    const { wire, sendPlain, sendSection } = this.#options;
    const bytes = argumentBytes(args);
    if (wire() === "plain") {
      const packet = { type: EVENT, data: decodeValue(bytes), nsp };
      sendPlain(
        envelope(nsp, MessageType.BROADCAST, {
          packet,
          opts: encodeOptions(opts),
          ...(requestId !== undefined && { requestId }),
        }),
      );
      return;
    }
    this.#writeEvent(originOf(nsp), bytes, opts, requestId);
    this.#writer.take().forEach(sendSection);
  }

  #writeEvent(
    origin: Origin,
    bytes: Buffer,
    opts: BroadcastOptions,
    requestId: string | undefined,
  ): void {
    this.#writer.writeArguments(
      origin,
      opts,
      requestId,
      bytes,
      this.#options.wire() === "ordered" && isRecoverable(opts, requestId),
    );
  }

  #send(nsp: string, type: MessageType, data: object): void {
    const { wire, isBinary, sendPlain, sendSection } = this.#options;
    const bytes = sendableBytes(data, isBinary());
    if (wire() === "plain") {
      // it may wait, and the caller may change what he has passed
      sendPlain(envelope(nsp, type, decodeValue(bytes) as object));
      return;
    }
    this.#writer.writeMessage(originOf(nsp), undefined, type, bytes);
    this.#writer.take().forEach(sendSection);
  }
}

/** What a parser would make of the arguments of an event: JSON, and binary data. */
function argumentBytes(args: unknown[]): Buffer {
  return sendableBytes(args, false);
}

/** @throws {ClusterAdapterError} `ERR_NOT_SENDABLE` */
function sendableBytes(value: unknown, isBinary: boolean): Buffer {
  try {
    return encodeValue(value, isBinary);
  } catch (error) {
    throw notSendable("an argument", error);
  }
}

function originOf(nsp: string): Origin {
  return { uid: EMITTER_UID, nsp };
}

function envelope(nsp: string, type: MessageType, data: object): Envelope {
  return { source: MESSAGE_SOURCE, uid: EMITTER_UID, nsp, type, data };
}
