import assert from "node:assert/strict";
import fc from "fast-check";
import { EchoQueue, isFor, type WaitingPacket } from "../../dist/echo-queue";
import { protocolError } from "../../dist/errors";
import type { PacketFrame } from "../../dist/wire/frame-reader";
import { collectGarbage } from "./support/garbage-collector";
import { warningsOf } from "./support/warnings";

type Delivered = [
  name: string,
  echo: unknown,
  pins?: Array<[id: string, isMeant: boolean]>,
];

const SOCKETS = ["new", "s", "s1", "s2"];

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
      moved: undefined,
      deliver: (echo, pins) => {
        const known = SOCKETS.filter((id) => pins?.get(id) !== undefined);
        const meant = known.filter((id) => pins?.get(id));
        assert.deepEqual(pins?.meant.slice().sort() ?? [], meant);
        delivered.push(
          known.length === 0
            ? [name, echo]
            : [name, echo, known.map((id) => [id, meant.includes(id)])],
        );
      },
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
      [
        "r",
        "echo 0",
        [
          ["s1", true],
          ["s2", false],
        ],
      ],
      [
        "not r",
        "echo 1",
        [
          ["s1", false],
          ["s2", true],
        ],
      ],
      ["other", "echo 2"],
    ]);
  });

  it("tells whom a packet is for before it delivers it", () => {
    add("a", 0, ["r"]);
    add("b", 1);
    queue.pin("s", new Set(["s", "r"]), ["r"]);
    assert.deepEqual(queue.pinsOf(0)?.meant, ["s"]);
    assert.equal(queue.pinsOf(1), undefined);
    echo(0);
    assert.equal(queue.pinsOf(0), undefined);
  });

  it("knows that a packet was not for a socket that was not connected", () => {
    add("a", 0);
    queue.pin("new", undefined, ["new"]);
    echo(0);
    assert.deepEqual(delivered, [["a", "echo 0", [["new", false]]]]);
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
      Array(3).fill([["s", false]]),
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
        moved: undefined,
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

  it("gives each socket what was sent while it was connected, by the rooms that it had then", () => {
    const room = fc.constantFrom("a", "b");
    const id = fc.constantFrom("s1", "s2", "s3");
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("send" as const),
        rooms: fc.uniqueArray(room, { maxLength: 1 }),
        except: fc.uniqueArray(room, { maxLength: 1 }),
      }),
      fc.record({
        kind: fc.constantFrom("connect", "join", "leave", "disconnect"),
        id,
        room,
      }),
      fc.record({ kind: fc.constant("echo" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        queue = new EchoQueue();
        const sids = new Map<string, Set<string>>();
        const got: string[] = [];
        const expected: string[] = [];
        const waiting: Array<{ name: string; to: string[] }> = [];
        let sent = 0;
        for (const one of steps) {
          if (one.kind === "send") {
            const name = String(sent);
            const opts = {
              rooms: new Set((one as { rooms: string[] }).rooms),
              except: new Set((one as { except: string[] }).except),
            };
            const to = [...sids].filter(([, rooms]) => isFor(opts, rooms));
            waiting.push({ name, to: to.map(([sid]) => sid) });
            queue.add({
              opts,
              ref: sent++,
              moved: undefined,
              deliver: (_, pins) =>
                sids.forEach((rooms, sid) => {
                  if (pins?.get(sid) ?? isFor(opts, rooms)) {
                    got.push(`${name} ${sid}`);
                  }
                }),
              deliverTo: (sid) => got.push(`${name} ${sid}`),
            });
          } else if (one.kind === "echo") {
            const packet = waiting.shift();
            if (packet !== undefined) {
              echo(Number(packet.name));
              sids.forEach((_, sid) => {
                if (packet.to.includes(sid)) {
                  expected.push(`${packet.name} ${sid}`);
                }
              });
            }
          } else {
            const { kind, id: sid, room: name } = one as Record<string, string>;
            const rooms = sids.get(sid as string);
            if (kind === "connect" && rooms === undefined) {
              queue.pin(sid as string, undefined, [sid as string]);
              sids.set(sid as string, new Set([sid as string]));
            } else if (kind === "disconnect" && rooms !== undefined) {
              queue.flushTo(sid as string, rooms);
              for (const packet of waiting) {
                if (packet.to.includes(sid as string)) {
                  expected.push(`${packet.name} ${sid}`);
                  packet.to.splice(packet.to.indexOf(sid as string), 1);
                }
              }
              sids.delete(sid as string);
            } else if (rooms !== undefined && kind !== "connect") {
              queue.pin(sid as string, rooms, [name as string]);
              if (kind === "join") {
                rooms.add(name as string);
              } else {
                rooms.delete(name as string);
              }
            }
          }
          assert.deepEqual(got, expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("remembers a thousand sockets that connect while a thousand packets wait in little memory", () => {
    for (let i = 0; i < 1_000; i++) {
      add(String(i), i);
    }
    collectGarbage();
    const { heapUsed } = process.memoryUsage();
    for (let i = 0; i < 1_000; i++) {
      queue.pin(`socket ${i}`, undefined, [`socket ${i}`]);
    }
    collectGarbage();
    const grown = process.memoryUsage().heapUsed - heapUsed;
    assert.ok(grown < 1e6, `${grown} bytes`);
    assert.equal(queue.pinsOf(999)?.get("socket 0"), false);
  });

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
