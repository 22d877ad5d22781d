import type { Channel } from "../../../dist/worker/channel";

type ChannelListeners = Parameters<Channel["open"]>[0];

/** A channel that a test holds at both ends. */
export class FakeChannel implements Channel {
  readonly sent: Array<Record<string, unknown>> = [];
  connected = true;
  opened = 0;
  listeners: ChannelListeners | undefined;
  encode: (message: object) => unknown = () => {};

  send(message: object): void {
    this.encode(message);
    this.sent.push(message as Record<string, unknown>);
  }

  open(listeners: ChannelListeners): void {
    this.opened++;
    this.listeners = listeners;
  }

  close(): void {
    this.listeners = undefined;
  }

  receive(message: unknown): void {
    this.listeners?.onMessage(message);
  }
}
