import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isAfter,
  RoomHistory,
  type Moment,
} from "../../../dist/recovery/room-history";

function moment(at: number, ownAt = at): Moment {
  return { at, ownAt, node: "own" };
}

describe("the history of the rooms of a socket", () => {
  let rooms: RoomHistory;

  beforeEach(() => {
    rooms = new RoomHistory();
  });

  /** The numbers up to 10 of the packets for which it was in the room. */
  function numbersIn(room: string, sender = "other"): number[] {
    return Array.from({ length: 11 }, (_, number) => number).filter((number) =>
      rooms.had(room, { number, sender }),
    );
  }

  it("knows from which number on it was in a room", () => {
    rooms.join("r", moment(3));
    assert.deepEqual(numbersIn("r"), [4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(numbersIn("other"), []);
    assert.deepEqual(rooms.current, ["r"]);
  });

  it("remembers the rooms that it has left, each time", () => {
    rooms.join("r", moment(1));
    rooms.leave("r", moment(3));
    rooms.join("r", moment(5));
    rooms.leave("r", moment(6));
    assert.deepEqual(numbersIn("r"), [2, 3, 6]);
    assert.deepEqual(rooms.current, []);
    assert.deepEqual(rooms.all, new Set(["r"]));
  });

  it("goes by the order of its own worker for what that has sent itself", () => {
    // two packets of its own are under way each time
    rooms.join("r", moment(3, 5));
    rooms.leave("r", moment(7, 9));
    assert.deepEqual(numbersIn("r"), [4, 5, 6, 7]);
    assert.deepEqual(numbersIn("r", "own"), [6, 7, 8, 9]);
  });

  it("is joined once, and not left without that", () => {
    rooms.join("r", moment(1));
    rooms.join("r", moment(5));
    assert.deepEqual(numbersIn("r")[0], 2);
    rooms.leave("x", moment(1));
    assert.deepEqual(rooms.all, new Set(["r"]));
  });

  it("forgets what nobody asks for any more", () => {
    rooms.join("a", moment(1));
    rooms.leave("a", moment(3, 5));
    rooms.join("b", moment(1));
    rooms.forget(4);
    assert.deepEqual(rooms.all, new Set(["a", "b"]));
    rooms.forget(5);
    assert.deepEqual(rooms.all, new Set(["b"]));
  });

  it("does not remember a stay in which nothing was delivered", () => {
    rooms.join("r", moment(3, 5));
    rooms.leave("r", moment(3, 5));
    assert.deepEqual(rooms.all, new Set());
  });

  it("remembers a thousand stays, and up to which number there were more", () => {
    const change = (from: number, to: number) => {
      for (let number = from; number < to; number++) {
        rooms.join("r", moment(number));
        rooms.leave("r", moment(number + 1, number + 2));
      }
    };
    change(0, 1_000);
    assert.equal(rooms.lost, 0);
    change(1_000, 1_003);
    assert.equal(rooms.lost, 4);
    assert.deepEqual(numbersIn("r"), [4, 5, 6, 7, 8, 9, 10]);
    rooms.forget(3);
    assert.equal(rooms.lost, 4);
    rooms.forget(4);
    assert.equal(rooms.lost, 0);
  });

  it("says of each packet what a list of all stays would say", () => {
    const step = fc.record({
      isJoin: fc.boolean(),
      room: fc.constantFrom("a", "b"),
      passed: fc.nat(2),
      underWay: fc.nat(2),
      node: fc.constantFrom("own", "next"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        rooms = new RoomHistory();
        const stays: Array<{ room: string; from: Moment; to?: Moment }> = [];
        let [at, ownAt, node] = [0, 0, "own"];
        for (const { isJoin, room, passed, underWay, ...to } of steps) {
          // another node gets the session with all that was given a number
          at = Math.max(at + passed, to.node === node ? 0 : ownAt);
          ownAt = Math.max(at, ownAt) + underWay;
          ({ node } = to);
          const now = { at, ownAt, node };
          const open = stays.find((stay) => stay.room === room && !stay.to);
          if (isJoin) {
            rooms.join(room, now);
            stays.push(...(open ? [] : [{ room, from: now }]));
          } else {
            rooms.leave(room, now);
            Object.assign(open ?? {}, { to: now });
          }
        }
        for (const room of ["a", "b"]) {
          for (const sender of ["own", "next", "other"]) {
            for (let number = 0; number < 60; number++) {
              const position = { number, sender };
              const expected = stays.some(
                ({ room: other, from, to }) =>
                  other === room &&
                  isAfter(position, from) &&
                  !(to && isAfter(position, to)),
              );
              assert.equal(rooms.had(room, position), expected);
            }
          }
        }
      }),
    );
  });
});
