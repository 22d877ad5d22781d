import assert from "node:assert/strict";
import type { TestCluster } from "../support/cluster";
import { eventually, waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { startSubject } from "./subject";

describe("serverSideEmit() with arguments that cannot be sent", () => {
  let cluster: TestCluster;
  let sender: TestWorker;
  let receiver: TestWorker;

  before(async () => {
    cluster = await startSubject(2);
    [sender, receiver] = cluster.workers as [TestWorker, TestWorker];
    await receiver.run(({ io, state }) => {
      const got: unknown[] = (state.got = []);
      io.on("task", (...args: unknown[]) => got.push(args[0]));
    });
  });
  after(() => cluster.stop());

  it("throws to the caller, names the event, and the next one arrives", async () => {
    const error = await sender.run(({ io }) => {
      try {
        io.serverSideEmit("task", { callback() {} });
        return undefined;
      } catch (e) {
        const { code, message } = e as Error & { code: string };
        return { code, message };
      }
    });
    assert.equal(error?.code, "ERR_NOT_SENDABLE");
    assert.match(error?.message ?? "", /serverSideEmit\("task"\)/);
    await sender.run(({ io }) => void io.serverSideEmit("task", 2));
    await eventually(async () =>
      assert.deepEqual(await receiver.run(({ state }) => state.got), [2]),
    );
  });

  it("gives the error to the acknowledgement, and waits for nothing more", async () => {
    const result = await sender.run(async ({ io }) => {
      const adapter = io.of("/").adapter as unknown as {
        customRequests: Map<string, object>;
      };
      let calls = 0;
      const error = await new Promise<Error & { code: string }>((resolve) => {
        io.serverSideEmit("task", { f() {} }, (err: never) => {
          calls++;
          resolve(err);
        });
      });
      return {
        calls,
        code: error.code,
        pending: adapter.customRequests.size,
      };
    });
    assert.deepEqual(result, {
      calls: 1,
      code: "ERR_NOT_SENDABLE",
      pending: 0,
    });
  });

  it('an "error" event without a listener does not end the receiver', async () => {
    await sender.run(({ io }) => void io.serverSideEmit("error", "oops"));
    await sender.run(({ io }) => void io.serverSideEmit("task", "after"));
    await eventually(async () =>
      assert.deepEqual(
        (await receiver.run(({ state }) => state.got as unknown[])).at(-1),
        "after",
      ),
    );
    await waitFor(() => receiver.warnings.length > 0);
    assert.match(receiver.warnings[0]?.message ?? "", /"error"/);
  });
});
