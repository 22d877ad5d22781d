/**
 * The sockets that an emitter speaks to: a selection of them, or one.
 */
import {
  MessageType,
  type BroadcastFlags,
  type BroadcastOptions,
  type Room,
  type SocketId,
} from "socket.io-adapter";
import { converted, countOf, roomsOf, Want } from "./census";
import { LONGEST_DELAY } from "./clock";
import { invalidOption } from "./errors";
import type { Speaker } from "./primary/speaker";
import type { Anything, SocketDetails } from "./socket-io";
import type {
  AckOfMany,
  AckResponse,
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventParamsWithoutAck,
  EventsMap,
} from "./typed-events";

/** For whom an operator speaks, and through whom. */
export interface Target {
  readonly speaker: Speaker;
  readonly nsp: string;
  /** In ms. */
  readonly requestsTimeout: number;
}

interface Flags extends BroadcastFlags {
  timeout?: number;
}

/** A selection of sockets, and how to reach them. Each method returns a new one. */
export class EmitterOperator<EmitEvents extends EventsMap = DefaultEventsMap> {
  readonly #target: Target;
  readonly #rooms: ReadonlySet<Room>;
  readonly #except: ReadonlySet<Room>;
  readonly #flags: Flags;

  /** @internal */
  constructor(
    target: Target,
    rooms: ReadonlySet<Room> = new Set(),
    except: ReadonlySet<Room> = new Set(),
    flags: Flags = {},
  ) {
    this.#target = target;
    this.#rooms = rooms;
    this.#except = except;
    this.#flags = flags;
  }

  /** Only the sockets that are in the room, or in one of the rooms; or in those that were given before. */
  to(room: Room | Room[]): EmitterOperator<EmitEvents> {
    const rooms = new Set([...this.#rooms, ...asArray(room)]);
    return new EmitterOperator(this.#target, rooms, this.#except, this.#flags);
  }

  /** The same as `to()`. */
  in(room: Room | Room[]): EmitterOperator<EmitEvents> {
    return this.to(room);
  }

  /** Without the sockets that are in the room, or in one of the rooms. */
  except(room: Room | Room[]): EmitterOperator<EmitEvents> {
    const except = new Set([...this.#except, ...asArray(room)]);
    return new EmitterOperator(this.#target, this.#rooms, except, this.#flags);
  }

  /** The event may be lost where a client cannot take it at once. It is not recovered. */
  get volatile(): EmitterOperator<EmitEvents> {
    return this.#with({ volatile: true });
  }

  /** Whether the event is to be compressed. */
  compress(compress: boolean): EmitterOperator<EmitEvents> {
    return this.#with({ compress });
  }

  /**
   * How long to wait for answers, in ms.
   *
   * @throws {ClusterAdapterError} `ERR_INVALID_OPTION`
   */
  timeout(timeout: number): EmitterOperator<EmitEvents> {
    if (!(timeout > 0 && timeout <= LONGEST_DELAY)) {
      const rule = `a positive number of ms, at most ${LONGEST_DELAY}`;
      throw invalidOption("the argument of timeout()", timeout, rule);
    }
    return this.#with({ timeout });
  }

  /**
   * Emits to the clients. With a function as the last argument, it is called with what they answer: `(error, responses)`.
   *
   * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` (the name of the event), `ERR_NOT_SENDABLE`, `ERR_NO_RELAY`
   */
  emit<Ev extends EventNames<EmitEvents>>(
    event: Ev,
    ...args:
      | EventParams<EmitEvents, Ev>
      | [...EventParamsWithoutAck<EmitEvents, Ev>, AckOfMany<EmitEvents, Ev>]
  ): true {
    const { speaker, nsp } = this.#target;
    const ack = takeAck(args);
    const data = [checked(event), ...args];
    if (ack === undefined) {
      speaker.broadcast(nsp, data, this.#options);
    } else {
      callBack(
        speaker.broadcastWithAck(nsp, data, this.#options, this.#timeout),
        ack,
      );
    }
    return true;
  }

  /**
   * Emits to the clients, and waits for what they answer. Rejects with `ERR_INVALID_OPTION` (the name of the event),
   * `ERR_NOT_SENDABLE`, `ERR_NO_RELAY` or `ERR_TIMEOUT`.
   */
  async emitWithAck<Ev extends EventNames<EmitEvents>>(
    event: Ev,
    ...args: EventParamsWithoutAck<EmitEvents, Ev>
  ): Promise<Array<AckResponse<EmitEvents, Ev>>> {
    const { speaker, nsp } = this.#target;
    return speaker.broadcastWithAck(
      nsp,
      [checked(event), ...args],
      this.#options,
      this.#timeout,
    ) as Promise<Array<AckResponse<EmitEvents, Ev>>>;
  }

  /** Makes the sockets join the rooms. */
  socketsJoin(rooms: Room | Room[]): void {
    this.#send(MessageType.SOCKETS_JOIN, { rooms: asArray(rooms) });
  }

  /** Makes the sockets leave the rooms. */
  socketsLeave(rooms: Room | Room[]): void {
    this.#send(MessageType.SOCKETS_LEAVE, { rooms: asArray(rooms) });
  }

  /**
   * Disconnects the sockets.
   *
   * @param close - whether to close the connection below them, too
   */
  disconnectSockets(close = false): void {
    this.#send(MessageType.DISCONNECT_SOCKETS, { close });
  }

  /** The sockets that are selected. Rejects with `ERR_TIMEOUT`. */
  async fetchSockets<SocketData = Anything>(): Promise<
    Array<EmitterSocket<EmitEvents, SocketData>>
  > {
    return converted(this.#fetch(), (sockets) =>
      sockets.map((details) => new EmitterSocket(this.#target, details)),
    );
  }

  /** The number of sockets that are selected, without what is known of each. Rejects with `ERR_TIMEOUT`. */
  async countSockets(): Promise<number> {
    return countOf(this.#fetch(Want.COUNT));
  }

  /** The rooms in which the sockets are that are selected. Rejects with `ERR_TIMEOUT`. */
  async allRooms(): Promise<Set<Room>> {
    return roomsOf(this.#fetch(Want.ROOMS));
  }

  #fetch(want?: Want): Promise<SocketDetails[]> {
    const { speaker, nsp } = this.#target;
    return speaker.fetchSockets(nsp, this.#options, this.#timeout, want);
  }

  #send(
    type:
      | MessageType.SOCKETS_JOIN
      | MessageType.SOCKETS_LEAVE
      | MessageType.DISCONNECT_SOCKETS,
    data: object,
  ): void {
    const { speaker, nsp } = this.#target;
    speaker.send(nsp, type, this.#options, data);
  }

  get #timeout(): number {
    return this.#flags.timeout ?? this.#target.requestsTimeout;
  }

  get #options(): BroadcastOptions {
    return {
      rooms: this.#rooms as Set<Room>,
      except: this.#except as Set<Room>,
      flags: this.#flags,
    };
  }

  #with(flags: Flags): EmitterOperator<EmitEvents> {
    return new EmitterOperator(this.#target, this.#rooms, this.#except, {
      ...this.#flags,
      ...flags,
    });
  }
}

/** A socket of some worker, as its worker has described it. */
export class EmitterSocket<
  EmitEvents extends EventsMap = DefaultEventsMap,
  SocketData = Anything,
> {
  readonly id: SocketId;
  readonly handshake: Anything;
  readonly rooms: Set<Room>;
  readonly data: SocketData;
  readonly #operator: EmitterOperator<EmitEvents>;

  /** @internal */
  constructor(target: Target, details: SocketDetails) {
    this.id = details.id;
    this.handshake = details.handshake;
    this.rooms = new Set(details.rooms);
    this.data = details.data as SocketData;
    this.#operator = new EmitterOperator<EmitEvents>(target).to(details.id);
  }

  /** Emits to its client. */
  emit<Ev extends EventNames<EmitEvents>>(
    event: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): true {
    return this.#operator.emit(event, ...args);
  }

  /** Makes it join rooms. */
  join(room: Room | Room[]): void {
    this.#operator.socketsJoin(room);
  }

  /** Makes it leave a room. */
  leave(room: Room): void {
    this.#operator.socketsLeave(room);
  }

  /**
   * Disconnects it.
   *
   * @param close - whether to close the connection below it, too
   */
  disconnect(close = false): this {
    this.#operator.disconnectSockets(close);
    return this;
  }
}

type Ack = (error: Error | null, responses: unknown[]) => void;

/** Removes the acknowledgement at the end of arguments, and returns it. */
export function takeAck(args: unknown[]): Ack | undefined {
  return typeof args[args.length - 1] === "function"
    ? (args.pop() as Ack)
    : undefined;
}

/** Calls an acknowledgement as Socket.IO does. */
export function callBack(responses: Promise<unknown[]>, ack: Ack): void {
  responses.then(
    (all) => ack(null, all),
    (error: Error & { responses?: unknown[] }) =>
      ack(error, error.responses ?? []),
  );
}

// see RESERVED_EVENTS in https://github.com/socketio/socket.io/blob/main/packages/socket.io/lib/socket-types.ts
const RESERVED_EVENTS: ReadonlySet<unknown> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/**
 * The name of an event.
 *
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION`
 */
export function checked<T>(event: T, reserved = RESERVED_EVENTS): T {
  if (
    (typeof event !== "string" && typeof event !== "number") ||
    reserved.has(event)
  ) {
    throw invalidOption(
      "the name of an event",
      event,
      "a string, and none that Socket.IO uses itself",
    );
  }
  return event;
}

function asArray(rooms: Room | Room[]): Room[] {
  return Array.isArray(rooms) ? rooms : [rooms];
}
