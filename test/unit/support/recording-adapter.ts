import { Server } from "socket.io";
import {
  ClusterAdapterWithHeartbeat,
  MessageType,
  type ClusterMessage,
} from "socket.io-adapter";

/** The base class as it is, with a list in the place of the other nodes. */
export class RecordingAdapter extends ClusterAdapterWithHeartbeat {
  readonly published: ClusterMessage[] = [];

  static create(io = new Server()): RecordingAdapter {
    return new RecordingAdapter(io.of("/"), {});
  }

  /** Makes nodes known. */
  meet(...uids: string[]): void {
    for (const uid of uids) {
      this.onMessage({ type: MessageType.HEARTBEAT, uid, nsp: "/" });
    }
  }

  part(uid: string): void {
    this.onMessage({ type: MessageType.ADAPTER_CLOSE, uid, nsp: "/" });
  }

  protected override doPublish(message: ClusterMessage): Promise<string> {
    this.published.push(message);
    return Promise.resolve("");
  }

  protected override doPublishResponse(): Promise<void> {
    return Promise.resolve();
  }
}
