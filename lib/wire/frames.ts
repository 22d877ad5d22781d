/**
 * The vocabulary of the fast wire. docs/protocol.md has every byte, and the numbered rules that comments cite as [W…].
 */
/** The version of the wire: parties that have no version in common speak the plain one. */
export const WIRE_VERSION = 1;

export enum Target {
  /** Everyone but the sender. */
  ALL = 0,
  /** The one node whose uid follows. */
  NODE = 1,
  /** Everyone; the primary is to number what is in it. The number of the first packet and a reference follow. */
  ORDERED = 2,
}

export enum FrameKind {
  /** The node and the namespace that the frames behind it come from. */
  ORIGIN = 1,
  /** A broadcast, as the parser of its sender has encoded it. */
  PACKET = 2,
  /** Any other message of 0.3.0: its type and its data. */
  MESSAGE = 3,
  /** What a worker and the primary say to each other about sessions. */
  SESSION = 4,
}

export enum RoomTag {
  STRING = 0,
  NUMBER = 1,
  /** A symbol or an object: such a room exists in its own process only, and matches nobody elsewhere. */
  OWN = 2,
  /** Any other primitive, in the format of `v8.serialize()`. */
  PRIMITIVE = 3,
}

export enum PacketFlag {
  VOLATILE = 1,
  /** Whether the packet says if it is to be compressed. */
  HAS_COMPRESS = 2,
  COMPRESS = 4,
  /** Whether the clients are asked for an acknowledgement: the id of the request follows. */
  WITH_ACK = 8,
  /** Whether a list of rooms follows. */
  ROOMS = 16,
  /** Whether a list of exceptions follows. */
  EXCEPT = 32,
  /** Whether the primary is to number it: it has the next number behind the packet before it. */
  NUMBERED = 64,
  /** Whether there is room for an offset in one of the parts: where that is follows. */
  OFFSET = 128,
}

/** The bytes before the body of a frame: its kind and the size of the body. */
export const FRAME_HEAD_SIZE = 5;

/** The bytes of a number. */
export const NUMBER_SIZE = 6;

/** The node that stands for the primary: sections for it are not passed on. */
export const PRIMARY_UID = "primary";

/** Where in a packet an offset is to be written. */
export interface OffsetPlace {
  /** The index of the part. */
  readonly part: number;
  /** The number of bytes from there to the end of that part. */
  readonly tail: number;
}

/**
 * What a parser makes of a packet: texts and binary data, in the order in which a client receives them. They travel as
 * the WebSocket frames that carry them to a client, so that a receiver can pass on the bytes of a text as they are.
 */
export type Part = string | Uint8Array;

/**
 * What stands in the place of the parts where the sender has no parser: the arguments of an event, which each worker
 * encodes itself.
 */
export const ARGUMENTS = 0;
