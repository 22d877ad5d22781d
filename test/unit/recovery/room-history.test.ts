import assert from "node:assert/strict";
import { RoomHistory, type Moment } from "../../../dist/recovery/room-history";

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
    assert.deepEqual(rooms.all, ["r", "r"]);
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
    assert.deepEqual(rooms.all, ["r"]);
  });

  it("forgets what nobody asks for any more", () => {
    rooms.join("a", moment(1));
    rooms.leave("a", moment(3, 5));
    rooms.join("b", moment(1));
    rooms.forget(4);
    assert.deepEqual(rooms.all, ["b", "a"]);
    rooms.forget(5);
    assert.deepEqual(rooms.all, ["b"]);
  });
});
