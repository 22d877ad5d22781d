import assert from "node:assert/strict";
import fc from "fast-check";
import { ClusterAdapterError } from "../../../dist/errors";
import {
  decodeSession,
  encodeSession,
  SessionOp,
  type SessionMessage,
} from "../../../dist/wire/session-messages";

const TERM = { pid: "pid", term: 1 };
const data = Buffer.from("data");
const MESSAGES: SessionMessage[] = [
  {
    op: SessionOp.OPEN,
    pid: "p",
    sid: "s",
    rooms: ["s", 1, true] as unknown as string[],
    at: 0,
    data,
  },
  { op: SessionOp.JOIN, ...TERM, rooms: ["r"], at: 7 },
  { op: SessionOp.LEAVE, ...TERM, rooms: [], at: 7 },
  { op: SessionOp.DATA, ...TERM, data },
  { op: SessionOp.LATE, ...TERM, number: 3 },
  { op: SessionOp.DETACH, ...TERM },
  { op: SessionOp.END, ...TERM },
  { op: SessionOp.RESTORE, id: 0, pid: "p", offset: "o" },
  { op: SessionOp.CLOSED, ...TERM },
  { op: SessionOp.PROGRESS, epoch: "epoch1", number: 9 },
  {
    op: SessionOp.RESTORED,
    id: 1,
    term: 2,
    sid: "s",
    rooms: ["s", null as never],
    dataSize: 4,
    data,
  },
  { op: SessionOp.REFUSED, id: 1 },
  { op: SessionOp.CLOSE, ...TERM },
];

describe("a message about a session", () => {
  it("arrives as it was sent", () => {
    for (const message of MESSAGES) {
      assert.deepEqual(decodeSession(encodeSession(message)), {
        data: Buffer.alloc(0),
        ...message,
      });
    }
    const ops = Object.values(SessionOp).filter(Number.isInteger);
    assert.deepEqual(
      MESSAGES.map(({ op }) => op),
      ops,
    );
  });

  it("is ignored where a later version has said it", () => {
    const body = encodeSession(MESSAGES[0] as SessionMessage);
    body[0] = 99;
    assert.equal(decodeSession(body), undefined);
  });

  it("breaks the protocol when a field is missing, or of another type", () => {
    for (const message of MESSAGES) {
      const { op, data: _, ...fields } = message;
      for (const name of Object.keys(fields)) {
        for (const wrong of [undefined, {}, -1, [{}], 1.5]) {
          const bad = { ...message, [name]: wrong } as SessionMessage;
          assert.throws(
            () => decodeSession(encodeSession(bad)),
            { code: "ERR_PROTOCOL", message: /^\[W12\] / },
            `${SessionOp[op]} ${name}`,
          );
        }
      }
    }
  });

  it("breaks the protocol and nothing else, whatever its bytes are", () => {
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(
          fc.constantFrom(...MESSAGES.map(encodeSession)),
          fc.nat(),
          fc.nat({ max: 255 }),
        )
        .map(([body, at, byte]) => {
          const copy = Buffer.from(body);
          copy[at % copy.length] = byte;
          return copy;
        }),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        try {
          decodeSession(Buffer.from(body));
        } catch (error) {
          assert.ok(error instanceof ClusterAdapterError);
          assert.equal(error.code, "ERR_PROTOCOL");
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
