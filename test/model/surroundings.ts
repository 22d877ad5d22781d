import { performance } from "node:perf_hooks";
import { createClock, type Clock } from "@sinonjs/fake-timers";
import * as linkModule from "../../dist/worker/link";
import type { Link } from "../../dist/worker/link";
import { stub } from "../unit/support/stub";

/** What a process finds around it. The processes of the model share one, and get from here what is their own. */
export class Surroundings {
  readonly clock: Clock = createClock(0);
  /** What waits for the next turn of the event loop. */
  readonly immediates: Array<() => void> = [];
  link: Link | undefined;
  send: (message: object) => void = () => {};
  onMessage: (message: unknown) => void = () => {};
  readonly #isBusy: boolean;
  #time = 0;

  /** @param isBusy - whether what is sent leaves with a later turn of the event loop, and not at once */
  constructor(isBusy = false) {
    this.#isBusy = isBusy;
  }

  /** The time by which the outbox of a worker tells whether there was a silence: never, or before each message. */
  now(): number {
    return this.#isBusy ? 0 : (this.#time += 2);
  }

  /** Runs as this process. What follows in microtasks belongs to it, too, until another one runs. */
  run<T>(action: () => T): T {
    stage.current = this;
    return action();
  }

  /** Lets the event loop turn until nothing waits for it. */
  turn(): void {
    isTurning = true;
    this.run(() => {
      while (this.immediates.length > 0) {
        this.immediates.splice(0).forEach((callback) => callback());
      }
    });
    isTurning = false;
  }
}

/** Whether the event loop of a process turns, and nothing else runs. */
export let isTurning = false;

/** Who runs. */
const stage = { current: new Surroundings() };

const nextTurn = setImmediate;
/** The time of the machine, in ms. */
export const realNow = Date.now;

/** Waits until all microtasks are done. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => nextTurn(resolve));
}

/** Puts the surroundings of whoever runs in the place of those of this process, until the function that it returns is called. */
export function installSurroundings(): () => void {
  const { on } = process;
  const restores = [
    stub(globalThis, "setTimeout", (callback: () => void, ms: number) =>
      stage.current.clock.setTimeout(callback, ms),
    ),
    stub(globalThis, "setInterval", (callback: () => void, ms: number) =>
      stage.current.clock.setInterval(callback, ms),
    ),
    stub(globalThis, "clearTimeout", (timer: number) =>
      stage.current.clock.clearTimeout(timer),
    ),
    stub(globalThis, "clearInterval", (timer: number) =>
      stage.current.clock.clearInterval(timer),
    ),
    stub(globalThis, "setImmediate", (callback: () => void) =>
      stage.current.immediates.push(callback),
    ),
    stub(Date, "now", () => stage.current.clock.now),
    stub(performance, "now", () => stage.current.now()),
    stub(linkModule, "processLink", () => stage.current.link),
    // for the published version, which has no link
    stub(process, "send", (message: object) => stage.current.send(message)),
    stub(process, "on", (event: string, listener: () => void) => {
      if (event !== "message") {
        return on.call(process, event, listener);
      }
      stage.current.onMessage = listener;
      return process;
    }),
    // rules are broken on purpose
    stub(process, "emitWarning", () => {}),
  ];
  return () => restores.forEach((restore) => restore());
}
