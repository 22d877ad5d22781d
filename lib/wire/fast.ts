/**
 * The fast wire's messages: how sections of frames travel over Node's IPC channel, and how the two sides agree to use
 * them. docs/protocol.md has the numbered rules that comments cite as [W…].
 */
import { WIRE_VERSION } from "./frames";
import { readTarget } from "./frame-reader";
import { MESSAGE_SOURCE, type Envelope } from "./plain";

/** The types that 0.3.0 does not know. They belong to no namespace, so that its workers ignore them. */
export enum FastType {
  /** Sections of frames. */
  FRAMES = 14,
  /** The primary tells a worker which wire to use, or asks it to greet again. */
  CONTROL = 15,
}

/** Binary data under `advanced` serialization, its base64 text under `json`. */
export type Section = Uint8Array | string;

export type Wire = "plain" | "fast";
export type Control = Wire | "greet";

export interface FramesMessage extends Envelope {
  readonly type: FastType.FRAMES;
  readonly data: Section[];
}

/** What a party says of itself [W1]: the versions that it speaks, and by the way it arrives, the channel's form. */
export interface Offer {
  readonly isBinary: boolean;
}

const VERSIONS = Buffer.of(WIRE_VERSION);

/** Adds what this side can speak to a message of its own. */
export function withOffer(message: object): object {
  return Object.assign(message, { wire: VERSIONS });
}

/** What the other side can speak; `undefined` if it has no version in common with this one. */
export function readOffer(message: object): Offer | undefined {
  const { wire } = message as { wire?: unknown };
  if (wire instanceof Uint8Array) {
    return wire.includes(WIRE_VERSION) ? { isBinary: true } : undefined;
  }
  // what JSON makes of a Buffer
  const { data } = Object(wire) as { data?: unknown };
  return Array.isArray(data) && data.includes(WIRE_VERSION)
    ? { isBinary: false }
    : undefined;
}

export function framesMessage(uid: string, data: Section[]): FramesMessage {
  return { source: MESSAGE_SOURCE, uid, nsp: "", type: FastType.FRAMES, data };
}

export function isFramesMessage(message: Envelope): message is FramesMessage {
  return (
    message.type === FastType.FRAMES &&
    Array.isArray(message.data) &&
    message.data.every(
      (section) => typeof section === "string" || section instanceof Uint8Array,
    )
  );
}

export function controlMessage(control: Control): object {
  return withOffer({
    source: MESSAGE_SOURCE,
    uid: "primary",
    nsp: "",
    type: FastType.CONTROL,
    data: control,
  });
}

export function readControl(message: Envelope): Control | undefined {
  if (message.type !== FastType.CONTROL) {
    return undefined;
  }
  switch (message.data) {
    case "plain":
    case "fast":
    case "greet":
      return message.data;
    default:
      return undefined;
  }
}

/** The form that the channel of the other side takes. */
export function convertSection(section: Section, isBinary: boolean): Section {
  if (typeof section === "string") {
    return isBinary ? Buffer.from(section, "base64") : section;
  }
  return isBinary ? section : asBuffer(section).toString("base64");
}

/** Not every runtime hands over a Buffer as one: Bun makes it a Uint8Array. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function sectionBytes(section: Section): Buffer {
  return asBuffer(convertSection(section, true) as Uint8Array);
}

/**
 * The node that a section is for, `undefined` for everyone. Only the head of it is decoded.
 *
 * @throws {ClusterAdapterError} `ERR_PROTOCOL`
 */
export function sectionTarget(section: Section): string | undefined {
  return readTarget(
    typeof section === "string"
      ? Buffer.from(section.slice(0, HEAD_TEXT_LENGTH), "base64")
      : asBuffer(section),
  );
}

// the longest uid that is read has some 700 characters; ours have 16
const HEAD_TEXT_LENGTH = 1024;
