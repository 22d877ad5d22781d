/**
 * What a worker and the primary say to each other about sessions, in frames of the kind SESSION: a number, a header in
 * JSON, and bytes that only workers read.
 */
import type { Room } from "socket.io-adapter";
import { errorMessage, protocolError } from "../errors";
import type { Offset } from "./offsets";

export enum SessionOp {
  /** A socket has connected. `data`: its data. */
  OPEN = 1,
  JOIN = 2,
  LEAVE = 3,
  /** The data of a socket has changed. */
  DATA = 4,
  /** What arrived up to a number while a client waited to be connected comes to it later than to others, or not at all. */
  LATE = 5,
  /** The connection of a socket was lost: its client may return. `data`: its data, empty if it has not changed. */
  DETACH = 6,
  /** A socket has disconnected for good. */
  END = 7,
  /** A client has returned, and asks for its session. */
  RESTORE = 8,
  /** The answer to CLOSE: the connection is closed, or was not there. */
  CLOSED = 9,
  /** A worker has given to its clients what they were to get, up to a number. */
  PROGRESS = 10,
  /** The answer to RESTORE: the session. `data`: its data, then the frames of the packets that the client missed. */
  RESTORED = 11,
  /** The answer to RESTORE: there is no such session, or what it missed is not known in full. */
  REFUSED = 12,
  /** A client has returned elsewhere: close the connection that it had. */
  CLOSE = 13,
}

/** A session, and which of the times that it was given to a worker is meant: the first one is 1. */
export interface Term {
  readonly pid: string;
  readonly term: number;
}

interface Fields {
  [SessionOp.OPEN]: { pid: string; sid: string; rooms: Room[]; at: number };
  [SessionOp.JOIN]: Term & { rooms: Room[]; at: number };
  [SessionOp.LEAVE]: Term & { rooms: Room[]; at: number };
  [SessionOp.DATA]: Term;
  [SessionOp.LATE]: Term & { number: number };
  [SessionOp.DETACH]: Term;
  [SessionOp.END]: Term;
  [SessionOp.RESTORE]: { id: number; pid: string; offset: string };
  [SessionOp.CLOSED]: Term;
  [SessionOp.PROGRESS]: Offset;
  [SessionOp.RESTORED]: {
    id: number;
    term: number;
    sid: string;
    rooms: Room[];
    dataSize: number;
  };
  [SessionOp.REFUSED]: { id: number };
  [SessionOp.CLOSE]: Term;
}

/** `data` may be left out where there is none. */
export type SessionMessage = {
  [Op in SessionOp]: { readonly op: Op; readonly data?: Buffer } & Readonly<
    Fields[Op]
  >;
}[SessionOp];

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0;
const isRooms: Check = (value) =>
  Array.isArray(value) &&
  value.every((room) => room === null || typeof room !== "object");

const TERM = { pid: isText, term: isCount };

const CHECKS: {
  [Op in SessionOp]: { [Name in keyof Fields[Op]]: Check };
} = {
  [SessionOp.OPEN]: { pid: isText, sid: isText, rooms: isRooms, at: isCount },
  [SessionOp.JOIN]: { ...TERM, rooms: isRooms, at: isCount },
  [SessionOp.LEAVE]: { ...TERM, rooms: isRooms, at: isCount },
  [SessionOp.DATA]: TERM,
  [SessionOp.LATE]: { ...TERM, number: isCount },
  [SessionOp.DETACH]: TERM,
  [SessionOp.END]: TERM,
  [SessionOp.RESTORE]: { id: isCount, pid: isText, offset: isText },
  [SessionOp.CLOSED]: TERM,
  [SessionOp.PROGRESS]: { epoch: isText, number: isCount },
  [SessionOp.RESTORED]: {
    id: isCount,
    term: isCount,
    sid: isText,
    rooms: isRooms,
    dataSize: isCount,
  },
  [SessionOp.REFUSED]: { id: isCount },
  [SessionOp.CLOSE]: TERM,
};

const HEAD_SIZE = 5;
const NO_DATA = Buffer.alloc(0);

/** The body of a SESSION frame. */
export function encodeSession(message: SessionMessage): Buffer {
  const { op, data = NO_DATA, ...fields } = message;
  const header = Buffer.from(JSON.stringify(fields));
  const head = Buffer.allocUnsafe(HEAD_SIZE);
  head[0] = op;
  head.writeUInt32LE(header.length, 1);
  return Buffer.concat([head, header, data]);
}

/**
 * The other way round; the data is a view of the body.
 *
 * @returns `undefined` for what a later version may say
 * @throws {ClusterAdapterError} `ERR_PROTOCOL`
 */
export function decodeSession(body: Buffer): SessionMessage | undefined {
  const op: SessionOp | undefined = body[0];
  if (op === undefined || body.length < HEAD_SIZE) {
    throw protocolError("W7", "a message about a session is cut short");
  }
  const end = HEAD_SIZE + body.readUInt32LE(1);
  if (end > body.length) {
    throw protocolError("W7", "a message about a session is cut short");
  }
  const checks: Record<string, Check> | undefined = CHECKS[op];
  if (checks === undefined) {
    return undefined;
  }
  const fields = parse(body.toString("utf8", HEAD_SIZE, end));
  for (const [name, check] of Object.entries(checks)) {
    if (!check(fields[name])) {
      throw protocolError("W12", `a message about a session has no ${name}`);
    }
  }
  return { ...fields, op, data: body.subarray(end) } as SessionMessage;
}

function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch (error) {
    throw protocolError(
      "W12",
      `a message about a session is malformed: ${errorMessage(error)}`,
    );
  }
}
