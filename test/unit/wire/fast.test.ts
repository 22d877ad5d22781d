import assert from "node:assert/strict";
import {
  controlMessage,
  convertSection,
  framesMessage,
  isFramesMessage,
  readControl,
  readOffer,
  sectionBytes,
  sectionTarget,
  withOffer,
} from "../../../dist/wire/fast";
import type { Envelope } from "../../../dist/wire/plain";
import { writeAll } from "../support/read-frames";

const BYTES = Buffer.from("frames");
const TEXT = BYTES.toString("base64");

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function section(target: string | undefined, size = 0): Buffer {
  const origin = { uid: "a1", nsp: "/" };
  const data = Buffer.alloc(size);
  return writeAll([{ origin, target, type: 5, data }])[0] as Buffer;
}

describe("an offer of the fast wire", () => {
  it("is added to a message, and tells the form of the channel", () => {
    const message = { uid: "a1" };
    assert.equal(withOffer(message), message);
    assert.deepEqual(message, { uid: "a1", wire: Buffer.of(1) });
    const recovery = undefined;
    assert.deepEqual(readOffer(message), { isBinary: true, recovery });
    assert.deepEqual(readOffer(throughJson(message)), {
      isBinary: false,
      recovery,
    });
  });

  it("is one as long as it has a version that both know", () => {
    const wire = Buffer.of(9, 1, 255);
    assert.equal(readOffer({ wire })?.isBinary, true);
    assert.equal(readOffer(throughJson({ wire }))?.isBinary, false);
    for (const versions of [Buffer.of(2, 0), Buffer.of()]) {
      assert.equal(readOffer({ wire: versions }), undefined);
      assert.equal(readOffer(throughJson({ wire: versions })), undefined);
    }
  });

  it("says how long clients may be away, where that is asked for", () => {
    const recovery = { maxDisconnectionDuration: 1, noticeAfter: 2 };
    const message = withOffer({}, recovery);
    assert.deepEqual(readOffer(message)?.recovery, recovery);
    assert.deepEqual(readOffer(throughJson(message))?.recovery, recovery);
    for (const bad of [null, 1, {}, { ...recovery, noticeAfter: "2" }]) {
      assert.equal(
        readOffer({ ...message, recovery: bad })?.recovery,
        undefined,
      );
    }
  });

  it("is none in any other form", () => {
    const forms = [undefined, null, 1, "1", true, {}, { data: 1 }, [1]];
    for (const wire of forms) {
      assert.equal(readOffer({ wire }), undefined);
    }
    assert.equal(readOffer({}), undefined);
  });
});

describe("a control of the primary", () => {
  for (const control of ["plain", "fast", "reset"] as const) {
    it(`tells "${control}"`, () => {
      const message = controlMessage(control) as Envelope;
      assert.deepEqual(readControl(message), { control });
      assert.equal(message.nsp, "");
      assert.equal(readOffer(message)?.isBinary, true);
    });
  }

  it("tells where the order stands", () => {
    const order = { epoch: "epoch-", number: 7 };
    const message = controlMessage("ordered", { order }) as Envelope;
    assert.deepEqual(readControl(message), { control: "ordered", order });
    for (const bad of [undefined, null, 1, {}, { ...order, number: "7" }]) {
      assert.equal(
        readControl({ ...message, order: bad } as Envelope),
        undefined,
      );
    }
  });

  it("tells who is there, or nothing about it", () => {
    const nodes = ["n1", "n2"];
    const message = controlMessage("greet", { nodes }) as Envelope;
    assert.deepEqual(readControl(message), { control: "greet", nodes });
    for (const bad of [undefined, null, 1, "n1", {}]) {
      assert.deepEqual(readControl({ ...message, nodes: bad } as Envelope), {
        control: "greet",
        nodes: undefined,
      });
    }
  });

  it("tells how long a worker may take to come to rest", () => {
    const message = controlMessage("drain", { duration: 5 }) as Envelope;
    assert.deepEqual(readControl(message), { control: "drain", duration: 5 });
    for (const duration of [undefined, null, "5", -1, NaN, 2 ** 31, Infinity]) {
      assert.equal(
        readControl({ ...message, duration } as Envelope),
        undefined,
      );
    }
  });

  it("tells nothing when it has another type, or data that is unknown", () => {
    const message = controlMessage("fast") as Envelope;
    assert.equal(readControl({ ...message, type: 14 }), undefined);
    for (const data of ["slow", "", undefined, null, 1, ["fast"]]) {
      assert.equal(readControl({ ...message, data }), undefined);
    }
  });
});

describe("a message with frames", () => {
  it("has sections of either form", () => {
    const message = framesMessage("w", [BYTES, TEXT]);
    assert.deepEqual(message, {
      source: "_sio_adapter",
      uid: "w",
      nsp: "",
      type: 14,
      data: [BYTES, TEXT],
    });
    assert.equal(isFramesMessage(message), true);
  });

  it("has nothing else", () => {
    const message = framesMessage("w", []);
    assert.equal(isFramesMessage(message), true);
    assert.equal(isFramesMessage({ ...message, type: 15 }), false);
    const sparse = [BYTES];
    sparse[2] = BYTES;
    // some bytes say so on the channel
    const vast: unknown[] = [];
    vast.length = 2 ** 32 - 1;
    const named: unknown[] = Object.assign([], { length: 1, name: 1 });
    const lists = [
      undefined,
      null,
      TEXT,
      {},
      [1],
      [BYTES, null],
      sparse,
      vast,
      named,
    ];
    for (const data of lists) {
      assert.equal(isFramesMessage({ ...message, data }), false);
    }
  });
});

describe("a section", () => {
  it("takes the form that a channel needs, and stays the same where it has it", () => {
    assert.equal(convertSection(BYTES, true), BYTES);
    assert.equal(convertSection(TEXT, false), TEXT);
    assert.equal(convertSection(BYTES, false), TEXT);
    assert.deepEqual(convertSection(TEXT, true), BYTES);
    assert.equal(sectionBytes(BYTES), BYTES);
    assert.deepEqual(sectionBytes(TEXT), BYTES);
  });

  it("tells its target in both forms, whatever its size", () => {
    for (const target of [undefined, "", "b1", "é", "u".repeat(765)]) {
      for (const size of [0, 1, 2, 100_000]) {
        const bytes = section(target, size);
        assert.equal(sectionTarget(bytes), target);
        assert.equal(sectionTarget(bytes.toString("base64")), target);
      }
    }
  });

  it("breaks the protocol when it tells no target", () => {
    const long = section("u".repeat(766)).toString("base64");
    for (const bad of [Buffer.alloc(0), Buffer.of(2), "", "?", "Ag==", long]) {
      assert.throws(() => sectionTarget(bad), { code: "ERR_PROTOCOL" });
    }
  });
});
