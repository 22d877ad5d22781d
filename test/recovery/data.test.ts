import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { serializations } from "../robustness/subject";
import type { TestCluster } from "../support/cluster";
import { waitFor, within } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive } from "./guests";
import { forkRecovering, startRecovering } from "./recovery-cluster";
import { returnTo } from "./returning";

for (const serialization of serializations) {
  describe(`the state of a socket whose worker dies, ${serialization}`, () => {
    let cluster: TestCluster;
    let first: TestWorker;
    let second: TestWorker;
    let client: Socket;
    let id: string;

    before(async () => {
      cluster = await startRecovering(1, {
        serialization,
        adapterOptions: { heartbeatInterval: 100 },
      });
      [second] = cluster.workers as [TestWorker];
    });
    beforeEach(async () => {
      first = await forkRecovering(cluster);
      client = await arrive(first, { rooms: ["red"] });
      id = client.id as string;
    });
    after(() => cluster?.stop());

    /** Its client returns, and has that state. */
    async function assertRecovered(
      rooms: string[],
      data: object,
    ): Promise<void> {
      await within(first.exited);
      await waitFor(() => !client.connected);
      // nobody has to ask for it
      await waitFor(async () => {
        const { sessions } = await cluster.primary.run(
          ({ handle }) => handle.stats().recovery,
        );
        return sessions.detached === 1;
      });
      await returnTo(client, second);
      assert.equal(client.recovered, true);
      const state = await second.run(({ io }, own) => {
        const socket = io.of("/").sockets.get(own)!;
        return { rooms: [...socket.rooms].sort(), data: socket.data };
      }, id);
      assert.deepEqual(state, { rooms: [...rooms, id].sort(), data });
    }

    it("is known as it was told within heartbeatInterval, where it is killed", async () => {
      await first.run(({ io }, own) => {
        const socket = io.of("/").sockets.get(own)!;
        void socket.join("blue");
        void socket.leave("red");
        socket.data.user = "the name of a user";
        // resolves when a message with the new data has left
        return new Promise<void>((resolve) => {
          const send = process.send as (...args: unknown[]) => boolean;
          process.send = (...args: unknown[]) => {
            const { data } = args[0] as { data?: unknown };
            const sections = Array.isArray(data) ? (data as unknown[]) : [];
            const isTold = sections.some((section) =>
              (typeof section === "string"
                ? Buffer.from(section, "base64")
                : Buffer.from(section as Uint8Array)
              ).includes("the name of a user"),
            );
            const result = send.apply(process, args);
            if (isTold) {
              resolve();
            }
            return result;
          };
        });
      }, id);
      await first.kill("SIGKILL");
      await assertRecovered(["blue"], { user: "the name of a user" });
    });

    it("is known as it was at last, where it exits", async () => {
      void first
        .run(({ io }, own) => {
          const socket = io.of("/").sockets.get(own)!;
          void socket.join("blue");
          socket.data.user = "at the last moment";
          process.exit(0);
        }, id)
        .catch(() => {});
      await assertRecovered(["red", "blue"], { user: "at the last moment" });
    });

    it("is known without what cannot be copied, which a warning names", async () => {
      await first
        .run(async ({ io }, own) => {
          const { data } = io.of("/").sockets.get(own)!;
          data.kept = [1, { two: true }];
          data.timer = setTimeout(() => {}, 600_000).unref();
          data.call = () => {};
          await io.close();
          process.disconnect();
        }, id)
        .catch(() => {});
      await assertRecovered(["red"], { kept: [1, { two: true }] });
      const texts = first.warnings.map(({ message }) => message).sort();
      assert.equal(texts.length, 2);
      assert.match(texts[0] as string, /left out: socket\.data\.call$/);
      assert.match(texts[1] as string, /left out: socket\.data\.timer$/);
    });
  });
}
