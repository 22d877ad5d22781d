/**
 * An emitter for the primary, which has no Socket.IO server: the verbs of one, for the clients and the servers of all
 * workers.
 */
import type { Room } from "socket.io-adapter";
import {
  callBack,
  checked,
  EmitterOperator,
  takeAck,
  type EmitterSocket,
  type Target,
} from "./emitter-operator";
import { resolveEmitterOptions, type EmitterOptions } from "./options";
import { currentSpeaker } from "./setup-primary";
import type { Anything } from "./socket-io";
import type {
  AckOfMany,
  AckResponse,
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventParamsWithoutAck,
  EventsMap,
} from "./typed-events";
import { RESERVED_SERVER_EVENTS } from "./wire/plain";

/**
 * Sends to the clients and the servers of all workers, from the primary. Each call is sent in its own tick; what one emitter
 * sends arrives in that order. Where connection state recovery is on, its events can be recovered, too.
 *
 * @example
 * setupPrimary();
 * const emitter = new Emitter();
 * setInterval(() => emitter.to("clock").emit("time", Date.now()), 1_000);
 */
export class Emitter<
  EmitEvents extends EventsMap = DefaultEventsMap,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
> {
  /** The namespace. */
  readonly nsp: string;
  readonly #target: Target;

  /**
   * @param nsp - the namespace
   * @param opts - additional options
   * @throws {ClusterAdapterError} `ERR_NO_RELAY` if `setupPrimary()` was not called in this process before;
   *   `ERR_INVALID_OPTION` on an unknown key, a wrong type or range
   */
  constructor(nsp = "/", opts: EmitterOptions = {}) {
    const { requestsTimeout } = resolveEmitterOptions(opts);
    this.nsp = nsp.startsWith("/") ? nsp : `/${nsp}`;
    currentSpeaker();
    this.#target = {
      // the relay may be closed, and set up anew
      get speaker() {
        return currentSpeaker();
      },
      nsp: this.nsp,
      requestsTimeout,
    };
  }

  /** An emitter for another namespace, with the same options. */
  of(nsp: string): Emitter<EmitEvents, ServerSideEvents> {
    const { requestsTimeout } = this.#target;
    return new Emitter(nsp, { requestsTimeout });
  }

  /** Only the sockets that are in the room, or in one of the rooms. */
  to(room: Room | Room[]): EmitterOperator<EmitEvents> {
    return this.#all.to(room);
  }

  /** The same as `to()`. */
  in(room: Room | Room[]): EmitterOperator<EmitEvents> {
    return this.#all.in(room);
  }

  /** Without the sockets that are in the room, or in one of the rooms. */
  except(room: Room | Room[]): EmitterOperator<EmitEvents> {
    return this.#all.except(room);
  }

  /** The event may be lost where a client cannot take it at once. It is not recovered. */
  get volatile(): EmitterOperator<EmitEvents> {
    return this.#all.volatile;
  }

  /** Whether the event is to be compressed. */
  compress(compress: boolean): EmitterOperator<EmitEvents> {
    return this.#all.compress(compress);
  }

  /**
   * How long to wait for answers, in ms.
   *
   * @throws {ClusterAdapterError} `ERR_INVALID_OPTION`
   */
  timeout(timeout: number): EmitterOperator<EmitEvents> {
    return this.#all.timeout(timeout);
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
    return this.#all.emit(event, ...args);
  }

  /**
   * Emits to the clients, and waits for what they answer. Rejects with `ERR_INVALID_OPTION` (the name of the event),
   * `ERR_NOT_SENDABLE`, `ERR_NO_RELAY` or `ERR_TIMEOUT`.
   */
  emitWithAck<Ev extends EventNames<EmitEvents>>(
    event: Ev,
    ...args: EventParamsWithoutAck<EmitEvents, Ev>
  ): Promise<Array<AckResponse<EmitEvents, Ev>>> {
    return this.#all.emitWithAck(event, ...args);
  }

  /** Makes the sockets join the rooms. */
  socketsJoin(rooms: Room | Room[]): void {
    this.#all.socketsJoin(rooms);
  }

  /** Makes the sockets leave the rooms. */
  socketsLeave(rooms: Room | Room[]): void {
    this.#all.socketsLeave(rooms);
  }

  /**
   * Disconnects the sockets.
   *
   * @param close - whether to close the connection below them, too
   */
  disconnectSockets(close = false): void {
    this.#all.disconnectSockets(close);
  }

  /** The sockets of all workers. Rejects with `ERR_TIMEOUT`. */
  fetchSockets<SocketData = Anything>(): Promise<
    Array<EmitterSocket<EmitEvents, SocketData>>
  > {
    return this.#all.fetchSockets();
  }

  /** The number of sockets on all workers, without what is known of each. Rejects with `ERR_TIMEOUT`. */
  countSockets(): Promise<number> {
    return this.#all.countSockets();
  }

  /** The rooms that exist on any worker; each socket has one of its own, by its id. Rejects with `ERR_TIMEOUT`. */
  allRooms(): Promise<Set<Room>> {
    return this.#all.allRooms();
  }

  /**
   * Emits to the servers of all workers. With a function as the last argument, it is called with what they answer:
   * `(error, responses)`.
   *
   * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` (the name of the event), `ERR_NOT_SENDABLE`, `ERR_NO_RELAY`
   */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    event: Ev,
    ...args:
      | EventParams<ServerSideEvents, Ev>
      | [
          ...EventParamsWithoutAck<ServerSideEvents, Ev>,
          AckOfMany<ServerSideEvents, Ev>,
        ]
  ): true {
    const { speaker, nsp, requestsTimeout } = this.#target;
    const ack = takeAck(args);
    if (ack === undefined) {
      speaker.serverSideEmit(nsp, [serverEvent(event), ...args]);
    } else {
      callBack(
        speaker.serverSideEmitWithAck(
          nsp,
          [serverEvent(event), ...args],
          requestsTimeout,
        ),
        ack,
      );
    }
    return true;
  }

  /**
   * Emits to the servers of all workers, and waits for what they answer. Rejects with `ERR_INVALID_OPTION` (the
   * name of the event), `ERR_NOT_SENDABLE`, `ERR_NO_RELAY` or `ERR_TIMEOUT`.
   */
  async serverSideEmitWithAck<Ev extends EventNames<ServerSideEvents>>(
    event: Ev,
    ...args: EventParamsWithoutAck<ServerSideEvents, Ev>
  ): Promise<Array<AckResponse<ServerSideEvents, Ev>>> {
    const { speaker, nsp, requestsTimeout } = this.#target;
    return speaker.serverSideEmitWithAck(
      nsp,
      [serverEvent(event), ...args],
      requestsTimeout,
    ) as Promise<Array<AckResponse<ServerSideEvents, Ev>>>;
  }

  get #all(): EmitterOperator<EmitEvents> {
    return new EmitterOperator(this.#target);
  }
}

/** @throws {ClusterAdapterError} `ERR_INVALID_OPTION` */
function serverEvent<T>(event: T): T {
  return checked(event, RESERVED_SERVER_EVENTS);
}
