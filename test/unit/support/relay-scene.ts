import { Announcer } from "../../../dist/primary/events";
import { Relay } from "../../../dist/primary/relay";
import { silence } from "./silence";

export interface Sent {
  readonly to: number;
  readonly message: object;
}

/** The fields of the messages that a test looks at. */
interface Fields {
  readonly type?: number;
  readonly data?: unknown;
}

const FRAMES = 14;
const CONTROL = 15;

/** A relay between workers that are numbers, and what it sends them. */
export class RelayScene {
  readonly relay: Relay<number>;
  readonly announcer = new Announcer();
  /** The workers that read nothing. */
  readonly stopped = new Set<number>();
  /** In ms. */
  now = 0;
  readonly #sent: Sent[] = [];
  readonly #waiting: Array<() => void> = [];

  constructor(maxBacklogBytes = 1e6, maxBacklogMessages = 1e3) {
    this.relay = new Relay<number>({
      maxBacklogBytes,
      maxBacklogMessages,
      maxLogBytes: 1e6,
      maxLogEntries: 1e3,
      maxSessions: 1e3,
      clock: { now: () => this.now, after: () => () => {} },
      nameOf: (id) => ({ id, pid: undefined }),
      announcer: this.announcer,
      send: (to, message, callback) => {
        this.#sent.push({ to, message });
        if (this.stopped.has(to)) {
          this.#waiting.push(callback);
        } else {
          process.nextTick(callback);
        }
      },
    });
  }

  /** Three workers are forked, and greet. */
  async greetAll(greet = offer): Promise<void> {
    [1, 2, 3].forEach((worker) => this.relay.onFork(worker));
    ["a", "b", "c"].forEach((uid, i) =>
      this.relay.onMessage(i + 1, greet(uid)),
    );
    await this.takeAll();
  }

  /** Everyone reads again. */
  resume(): void {
    this.stopped.clear();
    this.#waiting.splice(0).forEach((callback) => callback());
  }

  /** What was sent since the last time, with the sections one by one, without the controls. */
  async take(): Promise<Sent[]> {
    return (await this.takeAll()).filter(({ message }) => !isControl(message));
  }

  /** The same, with nothing but the controls. */
  async controls(): Promise<Array<[number, unknown]>> {
    return (await this.takeAll())
      .filter(({ message }) => isControl(message))
      .map(({ to, message }) => [to, (message as Fields).data]);
  }

  async takeAll(): Promise<Sent[]> {
    await silence();
    return this.#sent.splice(0).flatMap(({ to, message }) => {
      const { type, data } = message as Fields;
      return type === FRAMES
        ? (data as object[]).map((section) => ({ to, message: section }))
        : [{ to, message }];
    });
  }
}

export function isControl(message: object): boolean {
  return (message as Fields).type === CONTROL;
}

/** A message of a worker, with fields for any type. */
export function message(uid: string, type: number, requesterUid?: string) {
  const data = { requestId: "r", packet: ["event"] };
  return { source: "_sio_adapter", uid, nsp: "/", type, requesterUid, data };
}

/** The same, and that its server has connection state recovery on. */
export function offerRecovery(uid: string): object {
  const recovery = { maxDisconnectionDuration: 1_000, noticeAfter: 1_000 };
  return { ...offer(uid), recovery };
}

/** A message that says that its sender speaks the fast wire. */
export function offer(uid: string, type = 1): object {
  return { ...message(uid, type), wire: Buffer.of(1) };
}

export function frames(...sections: Array<Buffer | string>) {
  return {
    source: "_sio_adapter",
    uid: "w",
    nsp: "",
    type: FRAMES,
    data: sections,
  };
}
