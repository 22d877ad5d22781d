import assert from "node:assert/strict";
import { answerFor, countOf, roomsOf, Want } from "../../dist/census";
import { RecordingAdapter } from "./support/recording-adapter";

describe("a census", () => {
  let adapter: RecordingAdapter;

  beforeEach(() => {
    adapter = RecordingAdapter.create();
    for (const [id, ...rooms] of [
      ["s1", "r1", "r2"],
      ["s2", "r2"],
      ["s3"],
    ] as const) {
      const all = new Set([id, ...rooms]);
      const socket = { id, handshake: { url: "/" }, rooms: all, data: {} };
      adapter.nsp.sockets.set(id, socket);
      void adapter.addAll(id, all);
    }
  });
  afterEach(() => adapter.close());

  function select(rooms: string[] = [], except: string[] = []) {
    return { rooms: new Set(rooms), except: new Set(except) };
  }

  it("answers with one entry that stands for all sockets that are counted", async () => {
    const count = (rooms?: string[], except?: string[]) =>
      answerFor(adapter, select(rooms, except), Want.COUNT);
    assert.deepEqual(count(), [{ id: "", rooms: [], count: 3 }]);
    assert.deepEqual(count(["r1", "r2"]), [{ id: "", rooms: [], count: 2 }]);
    assert.deepEqual(count([], ["r1"]), [{ id: "", rooms: [], count: 2 }]);
    assert.equal(await countOf(Promise.resolve(count(["nobody"]))), 0);
  });

  it("answers with the rooms of the sockets that are selected, each once", async () => {
    const rooms = async (...of: Parameters<typeof select>) => {
      const answer = answerFor(adapter, select(...of), Want.ROOMS);
      return Array.from(await roomsOf(Promise.resolve(answer))).sort();
    };
    assert.deepEqual(await rooms(), ["r1", "r2", "s1", "s2", "s3"]);
    assert.deepEqual(await rooms(["r1"]), ["r1", "r2", "s1"]);
    assert.deepEqual(await rooms([], ["r1"]), ["r2", "s2", "s3"]);
    assert.equal(answerFor(adapter, select(), Want.ROOMS)[0]?.rooms.length, 5);
  });

  it("describes each socket for those who ask for nothing, or for what is not known yet", () => {
    for (const want of [undefined, "colour", 1]) {
      const ids = answerFor(adapter, select(["r2"]), want).map(({ id }) => id);
      assert.deepEqual(ids, ["s1", "s2"]);
    }
  });

  it("sums up the answers of nodes that know the question, and of those that do not", async () => {
    const known = answerFor(adapter, select(), Want.COUNT);
    const unknown = answerFor(adapter, select(["r2"]), undefined);
    assert.equal(await countOf(Promise.resolve([...known, ...unknown])), 5);
    const rooms = [{ id: "", rooms: ["a", "b"] }, ...unknown];
    assert.deepEqual(
      await roomsOf(Promise.resolve(rooms)),
      new Set(["a", "b", "s1", "r1", "r2", "s2"]),
    );
  });
});
