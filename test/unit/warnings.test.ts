import assert from "node:assert/strict";
import { protocolError } from "../../dist/errors";
import { warnOrThrowLater } from "../../dist/warnings";
import { freshCopy } from "./support/fresh-copy";
import { stub } from "./support/stub";
import { warningsOf } from "./support/warnings";

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

  it("end after a thousand texts, so that they fill neither the log nor the memory; the last one says so", () => {
    for (let i = 0; i < MAX_REMEMBERED; i++) {
      warnOnce(`warning ${i}`);
    }
    warnOnce("warning 0");
    assert.equal(given.length, MAX_REMEMBERED);
    for (let i = 0; i < 10; i++) {
      warnOnce(`another warning ${i}`);
    }
    assert.equal(given.length, MAX_REMEMBERED + 1);
    assert.deepEqual(given[MAX_REMEMBERED], [
      "1,000 different warnings were given: no more follow",
      "ClusterAdapterWarning",
    ]);
  });
});

describe("an error amid others", () => {
  it("is a process warning if it is a violation of the protocol, and is thrown later if not", () => {
    const later: Array<() => void> = [];
    const restore = stub(process, "nextTick", (action: () => void) =>
      later.push(action),
    );
    const mine = new Error("a listener's");
    try {
      const warnings = warningsOf(() => {
        warnOrThrowLater(protocolError("W9", "amid others"));
        warnOrThrowLater(mine);
      });
      assert.deepEqual(warnings, [
        "frames of another worker were left out: [W9] amid others",
      ]);
    } finally {
      restore();
    }
    assert.equal(later.length, 1);
    assert.throws(later[0] as () => void, mine);
  });
});
