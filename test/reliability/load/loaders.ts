import { type ChildProcess, fork } from "node:child_process";
import { resolve } from "node:path";
import { noteStarted } from "../../support/process";

const FILE = resolve(__dirname, "../../../test/fixtures/load/loader.js");

export interface LoaderState {
  readonly connected: number;
  /** How many could not connect, by the reason. */
  readonly failures: Record<string, number>;
  /** The events that have arrived since the last "forget". */
  readonly arrivals: number;
  /** When the last one of them did. */
  readonly lastArrival: number;
  /** The connections that were there, and broke. */
  readonly lost: number;
  /** How long it took the slowest of those that were opened last, in ms. */
  readonly slowest: number;
}

type Order =
  | {
      do: "open";
      url: string;
      localAddress: string;
      count: number;
      pace: number;
    }
  | { do: "close"; count: number }
  | { do: "forget" }
  | { do: "tell" };

/** A process that holds clients. */
class Loader {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (state: LoaderState) => void>();
  #count = 0;

  constructor(readonly address: string) {
    this.#child = fork(FILE, { execArgv: [] });
    noteStarted(this.#child.pid as number);
    this.#child.on(
      "message",
      ({ id, ...state }: LoaderState & { id: number }) => {
        this.#waiting.get(id)?.(state);
        this.#waiting.delete(id);
      },
    );
  }

  order(order: Order): Promise<LoaderState> {
    const id = this.#count++;
    return new Promise((done) => {
      this.#waiting.set(id, done);
      this.#child.send({ ...order, id });
    });
  }

  stop(): Promise<void> {
    return new Promise((done) => {
      this.#child.once("exit", () => done());
      this.#child.disconnect();
    });
  }
}

/** Clients in several processes, each with an address of its own: ports are scarce for one. */
export class Loaders {
  readonly #loaders: Loader[];

  constructor(count: number) {
    this.#loaders = Array.from(
      { length: count },
      (_, i) => new Loader(`127.0.1.${i + 1}`),
    );
  }

  async open(url: string, count: number, pace: number): Promise<LoaderState> {
    return this.#all((loader, share) =>
      loader.order({
        do: "open",
        url,
        localAddress: loader.address,
        count: share(count),
        pace: share(pace),
      }),
    );
  }

  close(count: number): Promise<LoaderState> {
    return this.#all((loader, share) =>
      loader.order({ do: "close", count: share(count) }),
    );
  }

  forget(): Promise<LoaderState> {
    return this.#all((loader) => loader.order({ do: "forget" }));
  }

  state(): Promise<LoaderState> {
    return this.#all((loader) => loader.order({ do: "tell" }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loaders.map((loader) => loader.stop()));
  }

  async #all(
    task: (
      loader: Loader,
      share: (total: number) => number,
    ) => Promise<LoaderState>,
  ): Promise<LoaderState> {
    const states = await Promise.all(
      this.#loaders.map((loader, i) =>
        task(loader, (total) => shareOf(total, this.#loaders.length, i)),
      ),
    );
    return states.reduce(add);
  }
}

/** The part of a total that the one at an index gets, where no two differ by more than one. */
function shareOf(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

function add(a: LoaderState, b: LoaderState): LoaderState {
  const failures = { ...a.failures };
  for (const [reason, count] of Object.entries(b.failures)) {
    failures[reason] = (failures[reason] ?? 0) + count;
  }
  return {
    connected: a.connected + b.connected,
    failures,
    arrivals: a.arrivals + b.arrivals,
    lastArrival: Math.max(a.lastArrival, b.lastArrival),
    lost: a.lost + b.lost,
    slowest: Math.max(a.slowest, b.slowest),
  };
}
