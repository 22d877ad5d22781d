import assert from "node:assert/strict";
import { install, type Clock } from "@sinonjs/fake-timers";
import { drain } from "../../dist/drain";

type AllowRequest = (
  request: unknown,
  callback: (reason: string, isAllowed: boolean) => void,
) => void;

/** A server with connections that are gone when they are closed, or only when what waits in them is discarded. */
class FakeServer {
  readonly closed: Array<[id: string, discard: boolean]> = [];
  readonly of = () => ({});
  readonly engine = {
    clients: {} as Record<string, object>,
    clientsCount: 0,
    opts: {} as { allowRequest?: AllowRequest },
  };
  readonly httpServer = {
    listening: true,
    close: () => (this.httpServer.listening = false),
  };

  connect(id: string, isStuck = false): void {
    const { engine, closed } = this;
    engine.clientsCount++;
    engine.clients[id] = {
      close(discard = false) {
        closed.push([id, discard]);
        if (id in engine.clients && (discard || !isStuck)) {
          delete engine.clients[id];
          engine.clientsCount--;
        }
      },
    };
  }
}

describe("drain()", () => {
  let clock: Clock;
  let server: FakeServer;
  let isDone: boolean;

  beforeEach(() => {
    clock = install();
    server = new FakeServer();
    isDone = false;
  });
  afterEach(() => clock.uninstall());

  function begin(duration: number): void {
    void drain(server, { duration }).then(() => (isDone = true));
  }

  it("closes as many connections in each tenth of a second, and is done when none is left", async () => {
    for (let i = 0; i < 20; i++) {
      server.connect(`c${i}`);
    }
    begin(1_000);
    for (let slice = 1; slice <= 10; slice++) {
      assert.equal(isDone, false);
      await clock.tickAsync(100);
      assert.equal(server.closed.length, 2 * slice);
    }
    assert.equal(isDone, true);
    assert.equal(new Set(server.closed.map(([id]) => id)).size, 20);
    assert.ok(server.closed.every(([, discard]) => !discard));
  });

  it("takes no new connections", async () => {
    begin(1_000);
    assert.equal(server.httpServer.listening, false);
    const answers: unknown[] = [];
    server.engine.opts.allowRequest?.({}, (...answer) => answers.push(answer));
    assert.deepEqual(answers, [["the server is about to end", false]]);
    await clock.tickAsync(0);
  });

  it("has no time to wait for where there is nobody", async () => {
    begin(60_000);
    await clock.tickAsync(0);
    assert.equal(isDone, true);
    // without a server of HTTP or Engine.IO
    await drain({ of: () => ({}) });
  });

  it("discards at the end what a connection has not taken, and closes what came at the last moment", async () => {
    server.connect("stuck", true);
    begin(200);
    await clock.tickAsync(150);
    server.connect("late");
    await clock.tickAsync(50);
    assert.equal(isDone, true);
    assert.deepEqual(server.closed, [
      ["stuck", false],
      ["stuck", true],
      ["late", true],
    ]);
  });
});
