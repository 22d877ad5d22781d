import assert from "node:assert/strict";
import { MessageType } from "socket.io-adapter";
import { Inquiries } from "../../../dist/primary/inquiries";
import type { PlainMessage } from "../../../dist/wire/plain";

describe("what the primary asks the nodes", () => {
  function answer(uid: string, requestId: string, sockets: unknown[]) {
    const type = MessageType.FETCH_SOCKETS_RESPONSE;
    const envelope = { source: "_sio_adapter", uid, nsp: "/", type };
    return { ...envelope, data: { requestId, sockets } } as PlainMessage;
  }

  it("may be answered with any number of sockets", async () => {
    const inquiries = new Inquiries({
      clock: { now: () => 0, after: () => () => {} },
      nodesOf: () => ["a", "b"],
    });
    const sockets = Array.from({ length: 300_000 }, (_, i) => i);
    const answers = inquiries.ask("/", 1_000, (requestId) => {
      queueMicrotask(() => {
        inquiries.onAnswer(answer("a", requestId, sockets));
        inquiries.onAnswer(answer("b", requestId, ["last"]));
      });
    });
    const all = await answers;
    assert.equal(all.length, 300_001);
    assert.equal(all.pop(), "last");
  });

  it("is over when the relay is closed", async () => {
    let timers = 0;
    const inquiries = new Inquiries({
      clock: {
        now: () => 0,
        after: () => {
          timers++;
          return () => timers--;
        },
      },
      nodesOf: () => ["a"],
    });
    const answers = [
      inquiries.ask("/", 1_000, () => {}),
      inquiries.askClients("/", 1_000, () => {}),
    ];
    assert.equal(timers, 2);
    inquiries.close();
    for (const promise of answers) {
      await assert.rejects(promise, { code: "ERR_NO_RELAY" });
    }
    assert.equal(timers, 0);
  });
});
