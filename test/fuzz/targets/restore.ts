import { framesMessage } from "../../../dist/wire/fast";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import {
  ORDERED_HEAD_SIZE,
  setFirstNumber,
  writeOrderedHead,
} from "../../../dist/wire/ordered-section";
import {
  encodeSession,
  SessionOp,
  type SessionMessage,
} from "../../../dist/wire/session-messages";
import { readCorpus, uidOf } from "../corpus";
import type { Target } from "../fuzzer";
import { PREFIX } from "./windows";
import {
  control,
  END,
  LOST,
  PID,
  run,
  stepsOf,
  WORKER,
  type Step,
} from "./worker";

// a ticket, its answer, and what follows
const RETURN = 6;

/** A worker to which a client returns takes any answer of the primary, and whatever else happens while the client waits. */
export function restore(): Target {
  const session = readCorpus().get("ordered-advanced.bin")!;
  const uid = uidOf(session, WORKER)!;
  const steps = stepsOf(session);
  const at = steps.findIndex((step) => "ticket" in step);
  const [ticket, answer, event, ...others] = steps.slice(at, at + RETURN);
  const tell = (data: string): Step => ({ to: WORKER, message: control(data) });
  const say = (message: SessionMessage): Step => ({
    to: WORKER,
    message: messageTo(uid, message),
  });
  const { CLOSE, REFUSED, RESTORED } = SessionOp;
  const restored = (id: number, term: number): Step =>
    say({ op: RESTORED, id, term, sid: "sid", rooms: ["r"], dataSize: 0 });
  const close = say({ op: CLOSE, pid: PID, term: 2 });
  const refuse = say({ op: REFUSED, id: 1 });
  const slow: Step = { slow: true };
  const letIn: Step = { slow: false };
  const own: Step = { emitted: "r" };
  return {
    name: "restore",
    seeds: [
      [ticket, answer, event, ...others, ...END],
      [slow, ticket, answer, event, own, letIn, close, ...END],
      [slow, ticket, answer, ticket, refuse, close, event, letIn],
      [slow, ticket, answer, event, tell("reset"), ticket, letIn, refuse],
      [own, { joined: "late" }, slow, ticket, answer, echoOf(1), letIn],
      [slow, ticket, restored(0, 2), ticket, restored(1, 3), letIn],
      [slow, ticket, answer, event, LOST, LOST, letIn],
      [ticket, tell("greet"), tell("drain"), answer, { passed: 1_000 }],
    ],
    run: (rest) =>
      run([
        { uid, recovers: true },
        { ticket: undefined },
        ...steps.slice(0, PREFIX),
        ...rest,
      ]),
  };
}

/** What the primary says to a node. */
function messageTo(uid: string, message: SessionMessage): object {
  const writer = new FrameWriter();
  const primary = { uid: "primary", nsp: "/" };
  writer.writeSession(primary, uid, encodeSession(message));
  return framesMessage("primary", writer.take());
}

/** What was sent has got its numbers. */
function echoOf(ref: number): Step {
  const section = Buffer.alloc(ORDERED_HEAD_SIZE);
  writeOrderedHead(section, 0, ref);
  setFirstNumber(section, 100);
  return { to: WORKER, message: framesMessage("primary", [section]) };
}
