import assert from "node:assert/strict";
import fc from "fast-check";
import { EchoQueue, isFor, type WaitingPacket } from "../../dist/echo-queue";
import { protocolError } from "../../dist/errors";
import type { PacketFrame } from "../../dist/wire/frame-reader";
import { warningsOf } from "./support/warnings";

type Delivered = [name: string, echo: unknown, pins?: object];

const EVERYONE = new Set<string>();

function fail(): never {
  // another text each time: a warning is given once
  throw protocolError("W9", `on purpose, ${performance.now()}`);
}

describe("the echo queue", () => {
  let queue: EchoQueue;
  let delivered: Delivered[];
  let flushed: string[];

  beforeEach(() => {
    queue = new EchoQueue();
    delivered = [];
    flushed = [];
  });

  function add(
    name: string,
    ref?: number,
    rooms: Iterable<string> = EVERYONE,
    except: Iterable<string> = [],
  ): void {
    const packet: WaitingPacket = {
      opts: { rooms: new Set(rooms), except: new Set(except) },
      ref,
      pins: undefined,
      deliver: (echo) =>
        delivered.push(
          packet.pins
            ? [name, echo, Object.fromEntries(packet.pins)]
            : [name, echo],
        ),
      deliverTo: (id) => flushed.push(`${name} to ${id}`),
    };
    queue.add(packet);
  }

  function echo(ref: number): boolean {
    return queue.onEcho(ref, `echo ${ref}` as unknown as PacketFrame);
  }

  function names(): string[] {
    return delivered.map(([name]) => name);
  }

  it("delivers a packet when it has come back", () => {
    add("a", 0);
    add("b", 1);
    assert.deepEqual(delivered, []);
    assert.equal(echo(0), true);
    assert.deepEqual(delivered, [["a", "echo 0"]]);
    assert.equal(echo(1), true);
    assert.deepEqual(names(), ["a", "b"]);
    assert.equal(queue.isEmpty, true);
  });

  it("delivers at once what waits for nothing", () => {
    add("local");
    assert.deepEqual(delivered, [["local", undefined]]);
    assert.equal(queue.isEmpty, true);
  });

  it("keeps the order between what comes back and what does not", () => {
    add("a", 0);
    add("local a");
    add("b", 1);
    add("local b");
    add("another");
    echo(0);
    assert.deepEqual(names(), ["a", "local a"]);
    echo(1);
    assert.deepEqual(names(), ["a", "local a", "b", "local b", "another"]);
  });

  it("does not wait for what others have sent, or what it has forgotten", () => {
    assert.equal(echo(5), false);
    add("a", 6);
    assert.equal(echo(5), false);
    assert.deepEqual(delivered, []);
  });

  it("gives up what never came back when something later does", () => {
    add("lost", 0);
    add("local");
    add("a", 1);
    assert.equal(echo(1), true);
    assert.deepEqual(delivered, [
      ["lost", undefined],
      ["local", undefined],
      ["a", "echo 1"],
    ]);
  });

  it("goes on where the numbers begin anew", () => {
    add("last", 2 ** 32 - 1);
    add("first", 0);
    assert.equal(echo(2 ** 32 - 1), true);
    assert.deepEqual(names(), ["last"]);
    assert.equal(echo(0), true);
    assert.deepEqual(names(), ["last", "first"]);
  });

  it("delivers all in their order when nothing comes back any more", () => {
    add("a", 0);
    add("local");
    add("b", 1);
    queue.settle();
    assert.deepEqual(delivered, [
      ["a", undefined],
      ["local", undefined],
      ["b", undefined],
    ]);
    assert.equal(queue.isEmpty, true);
    assert.equal(echo(1), false);
  });

  it("forgets all when its clients get it in another way", () => {
    add("a", 0);
    queue.clear();
    assert.equal(echo(0), false);
    assert.deepEqual(delivered, []);
  });

  it("remembers whom a packet was for when their rooms change", () => {
    add("r", 0, ["r"]);
    add("not r", 1, [], ["r"]);
    add("other", 2, ["other"]);
    // s1 leaves r, s2 joins it
    queue.pin("s1", new Set(["s1", "r"]), ["r"]);
    queue.pin("s2", new Set(["s2"]), ["r"]);
    // what happens later does not count
    queue.pin("s1", new Set(["s1"]), ["r"]);
    [0, 1, 2].forEach(echo);
    assert.deepEqual(delivered, [
      ["r", "echo 0", { s1: true, s2: false }],
      ["not r", "echo 1", { s1: false, s2: true }],
      ["other", "echo 2"],
    ]);
  });

  it("tells whom a packet is for before it delivers it", () => {
    add("a", 0, ["r"]);
    add("b", 1);
    queue.pin("s", new Set(["s", "r"]), ["r"]);
    assert.deepEqual(queue.pinsOf(0), new Map([["s", true]]));
    assert.equal(queue.pinsOf(1), undefined);
    echo(0);
    assert.equal(queue.pinsOf(0), undefined);
  });

  it("knows that a packet was not for a socket that was not connected", () => {
    add("a", 0);
    queue.pin("new", undefined, ["new"]);
    echo(0);
    assert.deepEqual(delivered, [["a", "echo 0", { new: false }]]);
  });

  it("gives a socket that leaves what it was to get, and not again", () => {
    add("a", 0);
    add("r", 1, ["r"]);
    add("x", 2, ["x"]);
    queue.pin("s", new Set(["s"]), ["x"]);
    queue.flushTo("s", new Set(["s", "r", "x"]));
    assert.deepEqual(flushed, ["a to s", "r to s"]);
    [0, 1, 2].forEach(echo);
    assert.deepEqual(
      delivered.map(([, , pins]) => pins),
      Array(3).fill({ s: false }),
    );
  });

  for (const [how, end] of [
    ["comes back", () => [0, 1, 2].forEach(echo)],
    ["never comes back", () => queue.settle()],
    ["is for a socket that leaves", () => queue.flushTo("s", EVERYONE)],
  ] as const) {
    it(`loses nothing behind a packet that fails when it ${how}`, () => {
      add("a", 0);
      queue.add({
        opts: { rooms: EVERYONE },
        ref: 1,
        pins: undefined,
        deliver: fail,
        deliverTo: fail,
      });
      add("b", 2);
      assert.match(warningsOf(end).join(), /left out: \[W9\] on purpose/);
      assert.deepEqual(
        [...names(), ...flushed].map(([name]) => name),
        ["a", "b"],
      );
    });
  }

  it("can be long", () => {
    for (let i = 0; i < 5_000; i++) {
      add(String(i), i);
    }
    for (let i = 0; i < 5_000; i++) {
      echo(i);
    }
    assert.deepEqual(
      names(),
      Array.from({ length: 5_000 }, (_, i) => String(i)),
    );
  });
});

describe("whether a packet is for a socket", () => {
  it("is what the in-memory adapter would say", () => {
    const some = fc.subarray(["a", "b", "c"]);
    fc.assert(
      fc.property(some, some, some, (rooms, except, own) => {
        const opts = { rooms: new Set(rooms), except: new Set(except) };
        const expected =
          (rooms.length === 0 || rooms.some((room) => own.includes(room))) &&
          !except.some((room) => own.includes(room));
        assert.equal(isFor(opts, new Set(own)), expected);
        assert.equal(isFor(opts, undefined), false);
        assert.equal(
          isFor({ rooms: opts.rooms }, new Set(own)),
          isFor({ ...opts, except: new Set<string>() }, new Set(own)),
        );
      }),
    );
  });
});
