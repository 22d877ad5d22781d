import { LocalSessions } from "../../../dist/local-sessions";
import { Claims } from "../../../dist/recovery/claims";
import { PacketLog } from "../../../dist/recovery/packet-log";
import { Recovery } from "../../../dist/recovery/recovery";
import type { SessionStore } from "../../../dist/recovery/session-store";
import { ReturningClients } from "../../../dist/returning-clients";
import * as socketIo from "../../../dist/socket-io";
import { SessionOp } from "../../../dist/wire/session-messages";
import * as scenarios from "../scenarios/scenarios";
import type { World } from "../world";
import { nothing, replace, type Rule } from "./rule";

export const sessionRules: readonly Rule[] = [
  {
    at: "recovery 1",
    says: "a worker tells the primary when a socket joins a room",
    scenario: scenarios.joined,
    leadsTo: "lost",
    break: () => ignoring(SessionOp.JOIN),
  },
  {
    at: "recovery 3",
    says: "when a connection is lost, its session is kept",
    scenario: scenarios.returning,
    leadsTo: "not recovered",
    break: () =>
      replace(
        LocalSessions.prototype,
        "onLost",
        () =>
          function (id) {
            this.onGone(id);
          },
      ),
  },
  {
    at: "recovery 4",
    says: "missed events arrive in their order",
    scenario: scenarios.losesTwice,
    leadsTo: "reordered",
    break: () =>
      replace(
        PacketLog.prototype,
        "missed",
        (missed) =>
          function (...args) {
            return missed.apply(this, args).reverse();
          },
      ),
  },
  {
    at: "recovery 5",
    says: "if the worker that has the connection does not answer within a second, its last copy is used",
    scenario: scenarios.hangsForGood,
    leadsTo: "stuck",
    break: (world) =>
      replace((world as World).primary.clock, "after", () => nothing),
  },
  {
    at: "recovery 4",
    says: "a client that missed what is not in the log any more is not recovered",
    scenario: scenarios.fullLog,
    leadsTo: "lost",
    break() {
      const lost = Object.getOwnPropertyDescriptor(
        PacketLog.prototype,
        "lost",
      )!;
      Object.defineProperty(PacketLog.prototype, "lost", {
        get: () => 0,
        configurable: true,
      });
      return () => Object.defineProperty(PacketLog.prototype, "lost", lost);
    },
  },
  {
    at: "recovery 5",
    says: "if another worker still has the connection, that one closes it first",
    scenario: scenarios.returning,
    leadsTo: "doubled",
    break: () =>
      replace(
        Recovery.prototype,
        "onMessage",
        (onMessage) =>
          function (uid, nsp, message) {
            const sessions = this.sessions as SessionStore;
            const session =
              message.op === SessionOp.RESTORE
                ? sessions.get(message.pid)
                : undefined;
            if (session?.detachedAt === undefined && session) {
              sessions.detach(session, 0);
            }
            onMessage.call(this, uid, nsp, message);
          },
      ),
  },
  {
    at: "sessions",
    says: "what a node says of an older term is ignored",
    scenario: scenarios.hangs,
    leadsTo: "not recovered",
    break: () =>
      replace(
        Recovery.prototype,
        "onMessage",
        (onMessage) =>
          function (uid, nsp, message) {
            const session =
              "term" in message && "pid" in message
                ? (this.sessions as SessionStore).get(message.pid)
                : undefined;
            return session
              ? onMessage.call(this, session.owner, nsp, {
                  ...message,
                  term: session.term,
                } as typeof message)
              : onMessage.call(this, uid, nsp, message);
          },
      ),
  },
  {
    at: "recovery 5",
    says: "a client that waits to be let in is closed, too, when it has returned elsewhere",
    scenario: scenarios.givesUp,
    leadsTo: "doubled",
    break: () => replace(ReturningClients.prototype, "close", nothing),
  },
  {
    at: "recovery 4",
    says: "a client that waits for a busy worker gets its session when that has read",
    scenario: scenarios.toBusyWorker,
    leadsTo: "stuck",
    break: () => replace(Claims.prototype, "forEachQueued", nothing),
  },
  {
    at: "recovery 6",
    says: "what arrives between the answer of the primary and the connection is held back",
    scenario: scenarios.letIn,
    leadsTo: "lost",
    break: () => replace(ReturningClients.prototype, "hold", nothing),
  },
  {
    at: "why it is so",
    says: "missed events are not sent before the CONNECT packet",
    scenario: scenarios.losesAgain,
    leadsTo: "doubled",
    break: () =>
      replace(
        socketIo,
        "afterConnectPacket",
        () => (_, callback) => callback(),
      ),
  },
  {
    at: "R7",
    says: "what a client was given late is remembered apart",
    scenario: scenarios.missesAgain,
    leadsTo: "lost",
    break: () =>
      replace(
        Recovery.prototype,
        "onMessage",
        (onMessage) =>
          function (uid, nsp, message) {
            const session =
              message.op === SessionOp.RESTORE
                ? (this.sessions as SessionStore).get(message.pid)
                : undefined;
            if (session) {
              session.lateUpTo = 0;
            }
            onMessage.call(this, uid, nsp, message);
          },
      ),
  },
  {
    at: "LATE",
    says: "the primary is told what was held back, and delivered late",
    scenario: scenarios.missesLate,
    leadsTo: "lost",
    break: () => ignoring(SessionOp.LATE),
  },
];

/** The primary ignores a message about sessions. */
function ignoring(op: SessionOp): () => void {
  return replace(
    Recovery.prototype,
    "onMessage",
    (onMessage) =>
      function (uid, nsp, message) {
        return message.op === op
          ? undefined
          : onMessage.call(this, uid, nsp, message);
      },
  );
}
