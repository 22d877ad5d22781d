/**
 * The fast wire's messages: how sections of frames travel over Node's IPC channel, and how the two sides agree to use
 * them. docs/protocol.md has the numbered rules that comments cite as [W…].
 */
import { LONGEST_DELAY } from "../clock";
import { PRIMARY_UID, WIRE_VERSION } from "./frames";
import { readTarget } from "./frame-reader";
import type { Offset } from "./offsets";
import {
  type Envelope,
  isKnownType,
  isPlainMessage,
  isList,
  MESSAGE_SOURCE,
} from "./plain";
import { asBuffer, keepable } from "./views";

/** The types that 0.3.0 does not know. They belong to no namespace, so that its workers ignore them. */
export enum FastType {
  /** Sections of frames. */
  FRAMES = 14,
  /** What the primary tells a worker (see `Control`), and a worker that has come to rest the primary. */
  CONTROL = 15,
}

/** Binary data under `advanced` serialization, its base64 text under `json`. */
export type Section = Uint8Array | string;

/**
 * How the cluster speaks: with the messages of 0.3.0, in frames, or in frames that go through the primary even to those
 * who have sent them, so that everyone delivers them in one order.
 */
export type Wire = "plain" | "fast" | "ordered";

/**
 * What the primary tells a worker: which wire to use, to greet again, that it has missed something, or to come to rest. The
 * last is answered with `"drained"`.
 */
export type Control = Wire | "greet" | "reset" | "drain";

export interface FramesMessage extends Envelope {
  readonly type: FastType.FRAMES;
  readonly data: Section[];
}

/** What a party says of itself [W1]: the versions that it speaks, and by the way it arrives, the channel's form. */
export interface Offer {
  readonly isBinary: boolean;
  /** Only of a node whose server has connection state recovery on. */
  readonly recovery: RecoverySettings | undefined;
}

/** What the option `connectionStateRecovery` of a server says, in ms. */
export interface RecoverySettings {
  /** How long a client may be away. */
  readonly maxDisconnectionDuration: number;
  /** How long it may take until a lost connection is noticed. */
  readonly noticeAfter: number;
}

const VERSIONS = Buffer.of(WIRE_VERSION);

/** Adds what this side can speak to a message of its own. */
export function withOffer(
  message: object,
  recovery?: RecoverySettings,
): object {
  return Object.assign(message, {
    wire: VERSIONS,
    ...(recovery !== undefined && { recovery }),
  });
}

/** What the other side can speak; `undefined` if it has no version in common with this one. */
export function readOffer(message: object): Offer | undefined {
  const { wire, recovery } = message as { wire?: unknown; recovery?: unknown };
  if (wire instanceof Uint8Array) {
    return wire.includes(WIRE_VERSION)
      ? { isBinary: true, recovery: readRecovery(recovery) }
      : undefined;
  }
  // what JSON makes of a Buffer
  const { data } = Object(wire) as { data?: unknown };
  return Array.isArray(data) && data.includes(WIRE_VERSION)
    ? { isBinary: false, recovery: readRecovery(recovery) }
    : undefined;
}

function readRecovery(value: unknown): RecoverySettings | undefined {
  const { maxDisconnectionDuration, noticeAfter } = Object(
    value,
  ) as RecoverySettings;
  return isDuration(maxDisconnectionDuration) && isDuration(noticeAfter)
    ? { maxDisconnectionDuration, noticeAfter }
    : undefined;
}

function isDuration(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}

export function framesMessage(uid: string, data: Section[]): FramesMessage {
  return { source: MESSAGE_SOURCE, uid, nsp: "", type: FastType.FRAMES, data };
}

export function isFramesMessage(message: Envelope): message is FramesMessage {
  return (
    message.type === FastType.FRAMES &&
    isList(message.data) &&
    message.data.every(isSection)
  );
}

export function isSection(value: unknown): value is Section {
  return typeof value === "string" || value instanceof Uint8Array;
}

export interface ControlDetails {
  /** Where the order stands, if everyone is to share one. */
  readonly order?: Offset;
  /** How long it may take to come to rest, in ms. */
  readonly duration?: number;
  /** The uids of all nodes, for one that may have missed that others are gone. */
  readonly nodes?: readonly string[];
}

export function controlMessage(
  control: Control,
  details: ControlDetails = {},
): object {
  return withOffer({
    source: MESSAGE_SOURCE,
    uid: PRIMARY_UID,
    nsp: "",
    type: FastType.CONTROL,
    data: control,
    ...details,
  });
}

export type ReadControl =
  | { readonly control: Exclude<Control, "ordered" | "drain" | "greet"> }
  | { readonly control: "greet"; readonly nodes: readonly string[] | undefined }
  | { readonly control: "ordered"; readonly order: Offset }
  | { readonly control: "drain"; readonly duration: number };

/** `undefined` for what this version does not know. */
export function readControl(message: Envelope): ReadControl | undefined {
  if (message.type !== FastType.CONTROL) {
    return undefined;
  }
  const { data, order, duration, nodes } = message as {
    [key in "data" | keyof ControlDetails]?: unknown;
  };
  switch (data) {
    case "plain":
    case "fast":
    case "reset":
      return { control: data };
    case "greet":
      return {
        control: data,
        nodes: isList(nodes) ? (nodes as string[]) : undefined,
      };
    case "ordered": {
      const { epoch, number } = Object(order) as Offset;
      return typeof epoch === "string" && Number.isSafeInteger(number)
        ? { control: data, order: { epoch, number } }
        : undefined;
    }
    case "drain":
      return isDuration(duration) && (duration as number) <= LONGEST_DELAY
        ? { control: data, duration: duration as number }
        : undefined;
    default:
      return undefined;
  }
}

/** What a worker says when it has come to rest. */
export function drainedMessage(uid: string): object {
  return {
    source: MESSAGE_SOURCE,
    uid,
    nsp: "",
    type: FastType.CONTROL,
    data: "drained",
  };
}

export function isDrained({ type, data }: Envelope): boolean {
  return type === FastType.CONTROL && data === "drained";
}

/** The form that the channel of the other side takes. */
export function convertSection(section: Section, isBinary: boolean): Section {
  if (typeof section === "string") {
    return isBinary ? Buffer.from(section, "base64") : section;
  }
  return isBinary ? section : asBuffer(section).toString("base64");
}

// as a multiple of the size of a section
const MAX_PINNED = 8;

/** A section that was read among other messages and may wait for long: what it keeps in memory is about its size. */
export function keepableSection(section: Section): Section {
  return typeof section === "string"
    ? section
    : keepable(asBuffer(section), MAX_PINNED);
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

/** A type that this version does not know is passed on: the workers may be newer than the primary. */
export function isRelayable(message: Envelope): boolean {
  return isKnownType(message.type)
    ? isPlainMessage(message)
    : message.type !== FastType.FRAMES && message.type !== FastType.CONTROL;
}
