import assert from "node:assert/strict";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import {
  echoOf,
  firstNumberOf,
  refOf,
  setFirstNumber,
} from "../../../dist/wire/ordered-section";
import { SentSections } from "../../../dist/worker/sent-sections";

const ORIGIN = { uid: "n1", nsp: "/" };
const OPTS = { rooms: new Set<string>() };

describe("the sections that were sent", () => {
  let sent: SentSections;
  let writer: FrameWriter;

  beforeEach(() => {
    sent = new SentSections();
    writer = new FrameWriter();
  });

  function send(isNumbered = true): Buffer {
    writer.writeOrdered(ORIGIN, OPTS, ["2[]"], undefined, isNumbered);
    const [section] = writer.take() as [Buffer];
    sent.add(section);
    return section;
  }

  /** What the primary would return, from a memory of its own. */
  function echo(section: Buffer, number: number): Buffer {
    const copy = Buffer.from(section);
    setFirstNumber(copy, number);
    return echoOf(copy);
  }

  it("are there with their numbers when these have come, and not again", () => {
    const sections = [send(), send()] as const;
    sections.forEach((section, i) => {
      assert.equal(sent.take(echo(section, 5 + i)), section);
      assert.equal(firstNumberOf(section), 5 + i);
    });
    sections.forEach((section) => {
      assert.equal(sent.take(echo(section, 9)), undefined);
    });
  });

  it("are not waited for any more when a later one has got its numbers", () => {
    const [first, second, third] = [send(), send(), send()];
    assert.equal(sent.take(echo(second, 1)), second);
    assert.equal(sent.take(echo(first, 2)), undefined);
    assert.equal(sent.take(echo(third, 3)), third);
  });

  it("are not waited for if there is nothing to number", () => {
    const first = send();
    const [{ length }, second] = [send(false), send()];
    assert.ok(length > 0);
    assert.deepEqual([first, second].map(refOf), [1, 2]);
    assert.equal(sent.take(echo(first, 1)), first);
    assert.equal(sent.take(echo(second, 2)), second);
  });

  it("are forgotten", () => {
    const section = send();
    sent.clear();
    assert.equal(sent.take(echo(section, 1)), undefined);
  });
});
