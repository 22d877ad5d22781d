/**
 * The plain wire: the messages of 0.3.0, objects that Node's IPC channel serializes. Whatever arrives is checked here
 * first, so that the code behind it can trust the types.
 */
import { MessageType, type ClusterMessage } from "socket.io-adapter";

/** The mark of every message of ours among the application's own IPC messages. */
export const MESSAGE_SOURCE = "_sio_adapter";

/**
 * The uid of those who send and are no node themselves.
 *
 * @see https://github.com/socketio/socket.io/blob/main/packages/socket.io-adapter/lib/cluster-adapter.ts
 */
export const EMITTER_UID = "emitter";

export interface Envelope {
  readonly source: string;
  /** The node that sent it: a worker has one per namespace. */
  readonly uid: string;
  readonly nsp: string;
  readonly type: number;
  /** The node that an answer is for. */
  readonly requesterUid?: string;
  readonly data?: unknown;
}

/** A message of 0.3.0 whose shape has been checked. It may be an answer: the base class takes both. */
export type PlainMessage = ClusterMessage & Envelope;

export type Broadcast = Extract<
  ClusterMessage,
  { type: MessageType.BROADCAST }
>;

type Fields = Record<string, unknown>;

/** Whether a message on the IPC channel is meant for the adapter. */
export function isOurs(message: unknown): boolean {
  return isObject(message) && message["source"] === MESSAGE_SOURCE;
}

/** Whether a message says who sent it, and where it belongs; its type may be one that this version does not know. */
export function isEnvelope(message: unknown): message is Envelope {
  return (
    isObject(message) &&
    message["source"] === MESSAGE_SOURCE &&
    isNonEmptyString(message["uid"]) &&
    typeof message["nsp"] === "string" &&
    Number.isInteger(message["type"])
  );
}

/** Whether the type is one of 0.3.0. */
export function isKnownType(type: number): type is MessageType {
  return (
    type >= MessageType.INITIAL_HEARTBEAT && type <= MessageType.ADAPTER_CLOSE
  );
}

/** Whether a message is one of 0.3.0, with all that its type needs. */
export function isPlainMessage(envelope: Envelope): envelope is PlainMessage {
  return (
    isKnownType(envelope.type) &&
    hasFieldsOf(envelope.type, isObject(envelope.data) ? envelope.data : {})
  );
}

/** Whether a message answers a request of one other node. */
export function isAnswer(type: MessageType): boolean {
  switch (type) {
    case MessageType.FETCH_SOCKETS_RESPONSE:
    case MessageType.SERVER_SIDE_EMIT_RESPONSE:
    case MessageType.BROADCAST_CLIENT_COUNT:
    case MessageType.BROADCAST_ACK:
      return true;
    default:
      return false;
  }
}

/** Whether a message is about the sender itself: that it is there, or leaves. */
export function isMembership(type: number): boolean {
  return isSignOfLife(type) || type === MessageType.ADAPTER_CLOSE;
}

/** Whether a message says that the sender is there. */
export function isSignOfLife(type: number): boolean {
  return (
    type === MessageType.INITIAL_HEARTBEAT || type === MessageType.HEARTBEAT
  );
}

/** Whether nobody waits for an answer to a message, and it is not about the sender itself. */
export function expectsNothing({
  type,
  data,
}: Pick<ClusterMessage, "type"> & { data?: unknown }): boolean {
  return (
    !isMembership(type) &&
    (data as { requestId?: string }).requestId === undefined
  );
}

/** What a node says when it leaves; the primary says it for a worker that is gone. */
export function adapterClose(uid: string, nsp: string): Envelope {
  return { source: MESSAGE_SOURCE, uid, nsp, type: MessageType.ADAPTER_CLOSE };
}

/** For an error: what in a message the application has chosen, and the channel may refuse. */
export function unsendablePartOf(
  message: Pick<ClusterMessage, "type">,
): string {
  const { data } = message as { data?: { packet?: unknown } };
  const packet = data?.packet;
  switch (message.type) {
    case MessageType.SERVER_SIDE_EMIT:
      return `an argument of serverSideEmit(${JSON.stringify(String((packet as unknown[])[0]))})`;
    case MessageType.BROADCAST:
      return "the packet, or the name of a room,";
    default:
      return "the name of a room";
  }
}

function hasFieldsOf(type: MessageType, data: Fields): boolean {
  switch (type) {
    case MessageType.INITIAL_HEARTBEAT:
    case MessageType.HEARTBEAT:
    case MessageType.ADAPTER_CLOSE:
      return true;
    case MessageType.BROADCAST:
      return (
        hasSelection(data) && isPacket(data["packet"]) && mayHaveRequestId(data)
      );
    case MessageType.SOCKETS_JOIN:
    case MessageType.SOCKETS_LEAVE:
      return hasSelection(data) && isList(data["rooms"]);
    case MessageType.DISCONNECT_SOCKETS:
      return hasSelection(data);
    case MessageType.FETCH_SOCKETS:
      return hasSelection(data) && hasRequestId(data);
    case MessageType.SERVER_SIDE_EMIT:
      return isEvent(data["packet"]) && mayHaveRequestId(data);
    case MessageType.FETCH_SOCKETS_RESPONSE:
      return (
        hasRequestId(data) &&
        isList(data["sockets"]) &&
        data["sockets"].every(isSocketDetails)
      );
    case MessageType.SERVER_SIDE_EMIT_RESPONSE:
    case MessageType.BROADCAST_ACK:
      return hasRequestId(data);
    case MessageType.BROADCAST_CLIENT_COUNT:
      return (
        hasRequestId(data) &&
        Number.isSafeInteger(data["clientCount"]) &&
        (data["clientCount"] as number) >= 0
      );
    default: {
      const unknown: never = type;
      return unknown;
    }
  }
}

function hasRequestId(data: Fields): boolean {
  return typeof data["requestId"] === "string";
}

function mayHaveRequestId(data: Fields): boolean {
  return data["requestId"] === undefined || hasRequestId(data);
}

/** The sockets that an operation is about. */
function hasSelection(data: Fields): boolean {
  const opts = data["opts"];
  return (
    isObject(opts) &&
    isList(opts["rooms"]) &&
    (opts["except"] == null || isList(opts["except"])) &&
    (opts["flags"] == null || isObject(opts["flags"]))
  );
}

function isPacket(packet: unknown): boolean {
  return (
    isObject(packet) &&
    Number.isInteger(packet["type"]) &&
    isList(packet["data"])
  );
}

function isEvent(packet: unknown): boolean {
  return (
    isList(packet) &&
    (typeof packet[0] === "string" || typeof packet[0] === "number") &&
    !RESERVED_SERVER_EVENTS.has(packet[0])
  );
}

// no server can emit them to the others; the listeners of an application expect a socket
// see RESERVED_EVENTS in https://github.com/socketio/socket.io/blob/main/packages/socket.io/lib/namespace.ts
export const RESERVED_SERVER_EVENTS: ReadonlySet<unknown> = new Set([
  "connect",
  "connection",
  "new_namespace",
]);

function isSocketDetails(socket: unknown): boolean {
  return (
    isObject(socket) &&
    typeof socket["id"] === "string" &&
    isList(socket["rooms"])
  );
}

/** Whether a value is an array without holes: a few bytes may stand for billions of those. */
export function isList(value: unknown): value is unknown[] {
  if (!Array.isArray(value)) {
    return false;
  }
  for (let i = 0; i < value.length; i++) {
    if (!(i in value)) {
      return false;
    }
  }
  return true;
}

function isNonEmptyString(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
