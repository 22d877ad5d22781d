/**
 * The broadcasts of this node, on their way to the others.
 */
import { MessageType, type BroadcastOptions } from "socket.io-adapter";
import { errorMessage } from "./errors";
import {
  partsOf,
  type EncodedPacket,
  type PacketEncoder,
} from "./packet-encoder";
import { encodeOptions, type Packet } from "./socket-io";
import { warnOnce } from "./warnings";
import { refuseDeep } from "./wire/depth";
import type { Origin } from "./wire/frame-writer";
import { isPlain } from "./wire/portable";
import type { Link } from "./worker/link";

/** A broadcast on the plain wire. */
export interface PlainBroadcast {
  readonly type: MessageType.BROADCAST;
  readonly data: { packet: Packet; opts: object; requestId?: string };
}

export class OutgoingPackets {
  readonly #link: Link;
  readonly #encoder: PacketEncoder;
  readonly #publish: (message: PlainBroadcast) => void;

  constructor(
    link: Link,
    encoder: PacketEncoder,
    publish: (message: PlainBroadcast) => void,
  ) {
    this.#link = link;
    this.#encoder = encoder;
    this.#publish = publish;
  }

  /**
   * @returns whether the other nodes get it
   * @throws {ClusterAdapterError} `ERR_NOT_SENDABLE`
   */
  send(
    origin: Origin,
    encoded: EncodedPacket,
    opts: BroadcastOptions,
    requestId?: string,
  ): boolean {
    if (this.#link.wire !== "plain") {
      const parts = partsOf(encoded.parts);
      encoded.textFrame = this.#link.sendPacket(origin, opts, requestId, parts);
      return true;
    }
    return this.#sendPlain(encoded, (packet) => {
      this.#publish({
        type: MessageType.BROADCAST,
        data: {
          packet,
          opts: encodeOptions(opts),
          ...(requestId !== undefined && { requestId }),
        },
      });
    });
  }

  #sendPlain(
    { packet, parts }: EncodedPacket,
    send: (portable: Packet) => void,
  ): boolean {
    if (isPlain(packet.data)) {
      try {
        send(packet);
        return true;
      } catch {
        // a proxy: the channel refuses it, the parser does not
      }
    }
    let data: unknown[];
    try {
      data = this.#encoder.decode(parts);
      refuseDeep(data);
    } catch (error) {
      // a client may have sent it: no reason to end the worker
      warnOnce(
        `a packet was not sent to the other workers: ${errorMessage(error)}`,
      );
      return false;
    }
    send({ ...packet, data });
    return true;
  }
}
