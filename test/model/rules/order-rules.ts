import { EchoQueue } from "../../../dist/echo-queue";
import { Negotiation } from "../../../dist/primary/negotiation";
import { Ordering } from "../../../dist/primary/ordering";
import { PrimaryOutbox } from "../../../dist/primary/outbox";
import { Speaker } from "../../../dist/primary/speaker";
import { PacketLog } from "../../../dist/recovery/packet-log";
import { Recovery } from "../../../dist/recovery/recovery";
import { RoomHistory, type Moment } from "../../../dist/recovery/room-history";
import { Session } from "../../../dist/recovery/session";
import { PacketFrame } from "../../../dist/wire/frame-reader";
import * as offsets from "../../../dist/wire/offsets";
import { SentSections } from "../../../dist/worker/sent-sections";
import * as dispatch from "../../../dist/worker/frame-dispatch";
import * as scenarios from "../scenarios/scenarios";
import { all, nothing, replace, type Rule } from "./rule";

export const orderRules: readonly Rule[] = [
  {
    at: "R1",
    says: "a worker does not deliver its own events before they come back",
    scenario: scenarios.twoSenders,
    leadsTo: "reordered",
    break: () =>
      all(
        replace(
          EchoQueue.prototype,
          "add",
          () => (packet) => packet.deliver(undefined, undefined),
        ),
        replace(EchoQueue.prototype, "onEcho", () => () => true),
      ),
  },
  {
    at: "R1",
    says: "numbered events go to their sender, too",
    scenario: scenarios.returning,
    leadsTo: "lost",
    break: () =>
      replace(
        Ordering.prototype,
        "number",
        (number) =>
          function (section) {
            number.call(this, section);
            return false;
          },
      ),
  },
  {
    at: "R1",
    says: "the primary keeps what it numbers",
    scenario: scenarios.returning,
    leadsTo: "lost",
    break: () =>
      replace(
        PacketLog.prototype,
        "append",
        (append) =>
          function (sender, _, ...packet) {
            return append.call(this, sender, "/another", ...packet);
          },
      ),
  },
  {
    at: "R1",
    says: "of a section of its own, a worker reads nothing but numbered events",
    scenario: scenarios.volatileEvent,
    leadsTo: "doubled",
    break: () =>
      replace(
        dispatch,
        "dispatchFrames",
        (dispatchFrames) => (section, registry, tracker) =>
          dispatchFrames(section, registry, tracker, false),
      ),
  },
  {
    at: "R2",
    says: "an event without a number keeps its place behind those that its node has sent before",
    scenario: scenarios.volatileEvent,
    leadsTo: "reordered",
    break: () =>
      replace(
        EchoQueue.prototype,
        "add",
        (add) =>
          function (packet) {
            if (packet.ref === undefined) {
              packet.deliver(undefined, undefined);
            } else {
              add.call(this, packet);
            }
          },
      ),
  },
  {
    at: "R2",
    says: "a local event gets the offset of what was delivered last",
    scenario: scenarios.localEvent,
    leadsTo: "not recovered",
    break: withoutOffset,
  },
  {
    at: "R2",
    says: "a volatile event of another worker gets the offset of what was delivered last",
    scenario: scenarios.volatileOfOther,
    leadsTo: "not recovered",
    break: withoutOffset,
  },
  {
    at: "R3",
    says: "what was sent before a socket joins a room is not for it",
    scenario: scenarios.joining,
    leadsTo: "not for it",
    break: () => replace(EchoQueue.prototype, "pin", nothing),
  },
  {
    at: "R3",
    says: "what was sent before a socket leaves a room is for it",
    scenario: scenarios.leaving,
    leadsTo: "lost",
    break: () => replace(EchoQueue.prototype, "pin", nothing),
  },
  {
    at: "R3",
    says: "what was sent before a socket disconnects is for it",
    scenario: scenarios.disconnecting,
    leadsTo: "lost",
    break: () => replace(EchoQueue.prototype, "flushTo", nothing),
  },
  ...(["join", "leave"] as const).flatMap((verb): Rule[] => {
    const scenario = verb === "join" ? scenarios.joined : scenarios.left;
    const moved = (change: (moment: Moment) => Partial<Moment>) => () =>
      replace(
        RoomHistory.prototype,
        verb,
        (original) =>
          function (room, moment) {
            return original.call(this, room, { ...moment, ...change(moment) });
          },
      );
    return [
      {
        at: "R3",
        says: `for the log, events of its own node are before a socket ${verb}s a room if they were sent before`,
        scenario,
        leadsTo: verb === "join" ? "not for it" : "lost",
        break: moved(({ at }) => ({ ownAt: at })),
      },
      {
        at: "R3",
        says: `for the log, events of others are before a socket ${verb}s a room if they were delivered before`,
        scenario,
        leadsTo: verb === "join" ? "lost" : "not for it",
        break: moved(({ ownAt }) => ({ at: ownAt })),
      },
    ];
  }),
  {
    at: "R3",
    says: "what was sent before a socket connects is not for it when it returns",
    scenario: scenarios.arriving,
    leadsTo: "not for it",
    break: () =>
      replace(
        Session.prototype,
        "isFor",
        () =>
          function (packet) {
            return packet.rooms.length === 0;
          },
      ),
  },
  {
    at: "R4",
    says: "an event of a worker that does not know of the order yet takes its place in it",
    scenario: scenarios.newcomer,
    leadsTo: "lost",
    break: () => replace(Speaker.prototype, "inOrder", nothing),
  },
  {
    at: "R4",
    says: "an event that was under way as the order began takes a number that is not in the log",
    scenario: scenarios.orderBegins,
    leadsTo: "lost",
    break: () => replace(Recovery.prototype, "skip", nothing),
  },
  {
    at: "R5",
    says: "when the order ends, what waits for its return is delivered",
    scenario: scenarios.orderEnds,
    leadsTo: "lost",
    break: () => replace(EchoQueue.prototype, "settle", nothing),
  },
  {
    at: "R5",
    says: "what was sent in one order is not delivered again with a number of the next one",
    scenario: scenarios.orderIsShort,
    leadsTo: "doubled",
    break: () => replace(SentSections.prototype, "clear", nothing),
  },
  {
    at: "R5",
    says: "with an order, its sessions and its log end",
    scenario: scenarios.orderEndsAndBegins,
    leadsTo: "lost",
    break: () => replace(Recovery.prototype, "restart", nothing),
  },
  {
    at: "R5",
    says: "an offset of another order is refused",
    scenario: scenarios.anotherOrder,
    leadsTo: "lost",
    break() {
      let epoch: string | undefined;
      return all(
        replace(
          Recovery.prototype,
          "onMessage",
          (onMessage) =>
            function (...args) {
              ({ epoch } = this);
              onMessage.apply(this, args);
              epoch = undefined;
            },
        ),
        replace(offsets, "parseOffset", (parseOffset) => (text) => {
          const offset = parseOffset(text);
          return offset && { ...offset, epoch: epoch ?? offset.epoch };
        }),
      );
    },
  },
  {
    at: "R6",
    says: "a worker whose backlog was discarded is told so",
    scenario: scenarios.overflow,
    leadsTo: "lost",
    break: () =>
      replace(
        Negotiation.prototype,
        "tell",
        (tell) =>
          function (peer, control) {
            return control === "reset"
              ? undefined
              : tell.call(this, peer, control);
          },
      ),
  },
  {
    at: "R6",
    says: "it is asked to greet before that, so that its clients are answered when they return",
    scenario: scenarios.overflow,
    leadsTo: "stuck",
    break: () =>
      replace(
        PrimaryOutbox.prototype,
        "push",
        (push) =>
          function (item) {
            if (Object(item).data === "greet") {
              queueMicrotask(() => push.call(this, item));
            } else {
              push.call(this, item);
            }
          },
      ),
  },
  {
    at: "R6",
    says: "what waits for its return then may never come back",
    scenario: scenarios.overflowOfSender,
    leadsTo: "doubled",
    break: () => replace(EchoQueue.prototype, "clear", nothing),
  },
  {
    at: "R7",
    says: "events are kept as long as a lost connection may not be noticed, too",
    scenario: scenarios.noticedLate,
    leadsTo: "lost",
    isFromStart: true,
    break: () =>
      replace(
        Recovery.prototype,
        "keepFor",
        (keepFor) =>
          function (settings) {
            return keepFor.call(this, { ...settings, noticeAfter: 0 });
          },
      ),
  },
  {
    at: "R7",
    says: "events are kept until every worker has delivered them",
    scenario: scenarios.behind,
    leadsTo: "lost",
    break: () =>
      replace(
        Recovery.prototype,
        "tick",
        (tick) =>
          function () {
            return tick.call(this, this.log.last);
          },
      ),
  },
];

/** What has no number of its own gets no offset. */
function withoutOffset(): () => void {
  return replace(
    PacketFrame.prototype,
    "stamp",
    (stamp) =>
      function (offset) {
        return this.number === 0 ? undefined : stamp.call(this, offset);
      },
  );
}
