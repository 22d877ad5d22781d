/**
 * Messages between workers and the primary, in a few words.
 */
import { MessageType } from "socket.io-adapter";
import { readFrames, type PacketFrame } from "../../dist/wire/frame-reader";
import { readMissed } from "../../dist/wire/missed-packets";
import { firstNumberOf, isEcho } from "../../dist/wire/ordered-section";
import {
  decodeSession,
  SessionOp,
  type SessionMessage,
} from "../../dist/wire/session-messages";
import { eventsOf, nameOf } from "./model-client";

const FRAMES = 14;
const CONTROL = 15;

interface Fields {
  readonly type: number;
  readonly data?: unknown;
}

export function describe(message: object): string {
  const { type, data } = message as Fields;
  switch (type) {
    case FRAMES:
      return (data as Buffer[]).map(describeSection).join(", ");
    case CONTROL:
      return `control "${String(data)}"`;
    case MessageType.BROADCAST: {
      const { packet } = data as { packet: { data: string[] } };
      return `plain event ${nameOf(String(packet.data[1]))}`;
    }
    default:
      return String(MessageType[type]);
  }
}

function describeSection(section: Buffer): string {
  if (isEcho(section)) {
    return `own events from number ${firstNumberOf(section)} on`;
  }
  const words: string[] = [];
  readFrames(section, {
    onOrigin: () => {},
    onPacket: (packet) => words.push(describePacket(packet)),
    onMessage: (type) => words.push(String(MessageType[type])),
    onSession: (body) => words.push(describeSession(decodeSession(body))),
  });
  return words.join(", ");
}

function describePacket(packet: PacketFrame): string {
  const args = packet.readArguments();
  const [name = "?"] = args
    ? [nameOf(String(args[1]))]
    : eventsOf(String(packet.readParts()[0]));
  const { number } = packet;
  return number > 0 ? `event ${name} (number ${number})` : `event ${name}`;
}

function describeSession(message: SessionMessage | undefined): string {
  if (message === undefined) {
    return "?";
  }
  const name = SessionOp[message.op];
  switch (message.op) {
    case SessionOp.RESTORED: {
      const { data, dataSize, term } = message;
      const missed = readMissed((data as Buffer).subarray(dataSize));
      return `${name} for the ${term}. time with [${missed.map(describePacket).join(", ")}]`;
    }
    case SessionOp.JOIN:
    case SessionOp.LEAVE:
      return `${name} ${message.rooms.join()} at ${message.at}`;
    case SessionOp.OPEN:
      return `${name} at ${message.at}`;
    case SessionOp.LATE:
    case SessionOp.PROGRESS:
      return `${name} ${message.number}`;
    default:
      return name;
  }
}
