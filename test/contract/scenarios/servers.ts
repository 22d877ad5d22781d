import assert from "node:assert/strict";
import { waitFor } from "../../support/wait";
import type { Theme } from "../scene";

/** To be the last of its column: 0.3.0 cannot take a server out of the main namespace again. */
export const servers: Theme = {
  name: "several servers in one worker",
  scenarios: {
    "are members each": async (scene) => {
      const [first, second] = scene.workers;
      for (const worker of [first, second]) {
        await worker.run(
          ({ io, Server, createAdapter, state }, nsp, index) => {
            const another = new Server({ adapter: createAdapter() });
            state[nsp] = another;
            [io, another].forEach((server, i) => {
              server.of(nsp).on("ask" as "connection", (done) => {
                const answer = done as unknown as (text: string) => void;
                answer(`${index}-${i}`);
              });
            });
          },
          scene.nsp,
          worker.index,
        );
      }
      await scene.workers[2].run(({ io }, nsp) => {
        io.of(nsp).on("ask" as "connection", (done) => {
          (done as unknown as (text: string) => void)("2-0");
        });
      }, scene.nsp);
      for (const another of [false, true]) {
        await waitFor(() =>
          first.run(
            async ({ io, state }, nsp, another) => {
              const server = another ? (state[nsp] as typeof io) : io;
              return (await server.of(nsp).adapter.serverCount()) >= 4;
            },
            scene.nsp,
            another,
          ),
        );
        const answers: string[] = await first.run(
          ({ io, state }, nsp, another) => {
            const server = another ? (state[nsp] as typeof io) : io;
            return server.of(nsp).serverSideEmitWithAck("ask");
          },
          scene.nsp,
          another,
        );
        const ofOthers = answers.filter((answer) => !answer.startsWith("0"));
        assert.deepEqual(ofOthers.sort(), ["1-0", "1-1", "2-0"]);
      }
    },
  },
};
