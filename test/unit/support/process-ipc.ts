import { stub } from "./stub";

/** An IPC channel in the place of the one that this process does not have. */
export class ProcessIpc {
  /** The arguments of each `process.send()`. */
  readonly calls: unknown[][] = [];
  readonly #restore: Array<() => void>;

  constructor(onSend: (message: unknown) => void = () => {}) {
    const send = (...args: unknown[]) => {
      onSend(args[0]);
      this.calls.push(args);
      return true;
    };
    this.#restore = [
      stub(process, "send", send),
      stub(process, "connected", true),
    ];
  }

  get sent(): unknown[] {
    return this.calls.map(([message]) => message);
  }

  /** What the primary sends. */
  receive(message: unknown): void {
    process.emit("message", message, undefined);
  }

  disconnect(): void {
    stub(process, "connected", false);
    process.emit("disconnect");
  }

  restore(): void {
    this.#restore.forEach((restore) => restore());
  }
}
