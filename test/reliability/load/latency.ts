import type { TestWorker } from "../../support/worker";

export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How many were not answered in time. */
  readonly failed: number;
}

const INTERVAL = 20;

/** What a `serverSideEmit()` with an acknowledgement takes, from one worker to all others and back, while something else goes on. */
export class LatencyProbe {
  readonly #worker: TestWorker;

  constructor(worker: TestWorker) {
    this.#worker = worker;
  }

  async start(): Promise<void> {
    await this.#worker.run(({ io, state }, interval) => {
      const times: number[] = [];
      const probe = { times, failed: 0, isOn: true };
      state.probe = probe;
      const ask = async () => {
        const start = performance.now();
        try {
          await io.serverSideEmitWithAck("ping");
          times.push(performance.now() - start);
        } catch {
          probe.failed++;
        }
        if (probe.isOn) {
          setTimeout(ask, interval);
        }
      };
      void ask();
    }, INTERVAL);
  }

  async stop(): Promise<Latency> {
    const { times, failed } = await this.#worker.run(({ state }) => {
      const probe = state.probe as {
        times: number[];
        failed: number;
        isOn: boolean;
      };
      probe.isOn = false;
      return { times: probe.times, failed: probe.failed };
    });
    const sorted = times.sort((a, b) => a - b);
    const at = (share: number) =>
      sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ??
      NaN;
    return {
      count: sorted.length,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      failed,
    };
  }
}
