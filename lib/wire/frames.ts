/**
 * The vocabulary of the fast wire. docs/protocol.md has every byte, and the numbered rules that comments cite as [W…].
 */
import type { Room } from "socket.io-adapter";

/** The version of the wire: parties that have no version in common speak the plain one. */
export const WIRE_VERSION = 1;

export enum Target {
  /** Everyone but the sender. */
  ALL = 0,
  /** The one node whose uid follows. */
  NODE = 1,
}

export enum FrameKind {
  /** The node and the namespace that the frames behind it come from. */
  ORIGIN = 1,
  /** A broadcast, as the parser of its sender has encoded it. */
  PACKET = 2,
  /** Any other message of 0.3.0: its type and its data. */
  MESSAGE = 3,
}

export enum RoomTag {
  STRING = 0,
  NUMBER = 1,
  /** Neither a string nor a number: such a room exists in its own process only, and matches nobody elsewhere. */
  OTHER = 2,
}

/** Set in the length of a name whose bytes are UTF-16LE, not UTF-8. */
export const UTF16_FLAG = 0x8000_0000;

export enum PartTag {
  STRING = 0,
  BINARY = 1,
}

export enum PacketFlag {
  VOLATILE = 1,
  /** Whether the packet says if it is to be compressed. */
  HAS_COMPRESS = 2,
  COMPRESS = 4,
  /** Whether the clients are asked for an acknowledgement: the id of the request follows. */
  WITH_ACK = 8,
}

/** What a parser makes of a packet: texts and binary data, in the order in which a client receives them. */
export type Part = string | Uint8Array;

export interface PacketHeader {
  readonly rooms: Iterable<Room>;
  readonly except: Iterable<Room>;
  readonly volatile: boolean;
  readonly compress: boolean | undefined;
  /** Whoever asks for acknowledgements knows them by it. */
  readonly requestId: string | undefined;
}
