import assert from "node:assert/strict";
import { freshCopy } from "./support/fresh-copy";
import { stub } from "./support/stub";

const MAX_REMEMBERED = 1_000;

describe("warnings", () => {
  let warnOnce: (text: string) => void;
  let given: unknown[][];
  let restore: () => void;

  beforeEach(() => {
    ({ warnOnce } =
      freshCopy<typeof import("../../dist/warnings")>("warnings"));
    given = [];
    restore = stub(process, "emitWarning", (...args: unknown[]) =>
      given.push(args),
    );
  });

  afterEach(() => restore());

  it("are process warnings with a name of their own", () => {
    warnOnce("careful");
    assert.deepEqual(given, [["careful", "ClusterAdapterWarning"]]);
  });

  it("are given once for each text", () => {
    ["a", "b", "a", "b", "c"].forEach(warnOnce);
    assert.deepEqual(
      given.map(([text]) => text),
      ["a", "b", "c"],
    );
  });

  it("end after a thousand texts, so that they fill neither the log nor the memory", () => {
    for (let i = 0; i < MAX_REMEMBERED + 10; i++) {
      warnOnce(`warning ${i}`);
    }
    assert.equal(given.length, MAX_REMEMBERED);
  });
});
