import { Negotiation } from "../../../dist/primary/negotiation";
import { Relay } from "../../../dist/primary/relay";
import { Outbox } from "../../../dist/worker/outbox";
import * as scenarios from "../scenarios/scenarios";
import { isTurning } from "../surroundings";
import { replace, type Rule } from "./rule";

export const wireRules: readonly Rule[] = [
  {
    at: "W2",
    says: "what a worker has written before it is told to speak plain leaves before that",
    scenario: scenarios.oldComes,
    leadsTo: "reordered",
    break: () =>
      replace(
        Outbox.prototype,
        "flush",
        (flush) =>
          function () {
            return isTurning && flush.call(this);
          },
      ),
  },
  {
    at: "W3",
    says: "the wire is fast only as long as every worker offers it",
    scenario: scenarios.oldComes,
    leadsTo: "lost",
    break: () =>
      replace(
        Negotiation.prototype,
        "learn",
        (learn) =>
          function (peer, message) {
            return "wire" in message && learn.call(this, peer, message);
          },
      ),
  },
  {
    at: "W3",
    says: "the primary tells the others to speak plain before it passes on the greeting of a worker of 0.3.0",
    scenario: scenarios.oldComes,
    leadsTo: "lost",
    break: () =>
      replace(
        Negotiation.prototype,
        "tell",
        (tell) =>
          function (...args) {
            queueMicrotask(() => tell.apply(this, args));
          },
      ),
  },
  {
    at: "the change between the wires",
    says: "frames that were under way when the wire became plain reach all who read them",
    scenario: scenarios.oldComes,
    leadsTo: "lost",
    break: () =>
      replace(
        Relay.prototype as Relay<number>,
        "onMessage",
        (onMessage) =>
          function (worker, message) {
            const isLate =
              this.stats().wire === "plain" &&
              (message as { type: number }).type === 14;
            return isLate ? undefined : onMessage.call(this, worker, message);
          },
      ),
  },
];
