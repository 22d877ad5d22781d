/**
 * The types of events, as in Socket.IO: an interface that maps names to listeners.
 */
import type { Anything } from "./socket-io";

/** Any events, with any arguments. */
export interface DefaultEventsMap {
  [event: string]: (...args: Anything[]) => void;
}

/** An interface of names and listeners. */
export type EventsMap = object;

export type EventNames<Map extends EventsMap> = keyof Map & string;

/** The arguments of an event. */
export type EventParams<
  Map extends EventsMap,
  Ev extends EventNames<Map>,
> = Map[Ev] extends (...args: infer Args) => unknown ? Args : never;

/** The arguments of an event, without the acknowledgement at their end. */
export type EventParamsWithoutAck<
  Map extends EventsMap,
  Ev extends EventNames<Map>,
> =
  EventParams<Map, Ev> extends [...infer Args, (...args: never) => unknown]
    ? Args
    : EventParams<Map, Ev>;

/** What the acknowledgement of an event is called with. */
export type AckResponse<Map extends EventsMap, Ev extends EventNames<Map>> =
  EventParams<Map, Ev> extends [...infer _, infer Ack]
    ? Ack extends (response: infer Response, ...rest: never) => unknown
      ? Response
      : Anything
    : Anything;

/** The acknowledgement of an event that many answer. */
export type AckOfMany<Map extends EventsMap, Ev extends EventNames<Map>> = (
  error: Error | null,
  responses: Array<AckResponse<Map, Ev>>,
) => void;
