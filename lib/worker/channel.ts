/**
 * The IPC channel of this process to its primary: the only file of the worker side that touches `process`.
 */
import { noIpcChannel } from "../errors";

export interface Channel {
  /** Whether messages can still be sent. */
  readonly connected: boolean;
  /**
   * Serializes and sends one message. A channel that is closed, or breaks, loses it in silence: the primary is gone
   * then, and with it everyone who could have received it.
   *
   * @throws the serializer's error, if the message cannot be encoded
   */
  send(message: object): void;
  /** Calls the listeners until `close()`. They keep the process alive as long as the channel is open. */
  open(listeners: ChannelListeners): void;
  close(): void;
}

interface ChannelListeners {
  readonly onMessage: (message: unknown) => void;
  readonly onDisconnect: () => void;
  /** The process closes the channel in this tick: what is sent now is the last. */
  readonly beforeDisconnect: () => void;
  /** The process ends in this tick: what is sent now is the last. */
  readonly onExit: () => void;
}

/**
 * @throws {ClusterAdapterError} `ERR_NO_IPC_CHANNEL` if the process was started without one
 */
export function processChannel(): Channel {
  if (typeof process.send !== "function") {
    throw noIpcChannel();
  }
  let close = (): void => {};
  return {
    get connected() {
      // a launcher that has put a send() of its own in place may know nothing of it
      return process.connected !== false;
    },
    send(message) {
      // the callback keeps an error of the channel from becoming an "error" event of the process
      process.send!(message, undefined, {}, ignoreError);
    },
    open({ onMessage, onDisconnect, beforeDisconnect, onExit }) {
      const { disconnect } = process;
      // there is no event before the channel is closed
      const flushAndDisconnect = (): void => {
        beforeDisconnect();
        disconnect.call(process);
      };
      process.disconnect = flushAndDisconnect;
      process.on("message", onMessage);
      process.on("disconnect", onDisconnect);
      process.on("exit", onExit);
      close = () => {
        process.off("message", onMessage);
        process.off("disconnect", onDisconnect);
        process.off("exit", onExit);
        if (process.disconnect === flushAndDisconnect) {
          process.disconnect = disconnect;
        }
      };
    },
    close: () => close(),
  };
}

function ignoreError(): void {}
