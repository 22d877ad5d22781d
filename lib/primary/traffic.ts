/** Messages of the IPC channel; one may hold many packets. */
export interface Traffic {
  readonly messages: number;
  /** The number of bytes of the frames among them. Messages in the form of 0.3.0 count none. */
  readonly bytes: number;
}

/** Counts messages and bytes. */
export class Counter implements Traffic {
  messages = 0;
  bytes = 0;

  add(messages: number, bytes: number): void {
    this.messages += messages;
    this.bytes += bytes;
  }

  snapshot(): Traffic {
    return { messages: this.messages, bytes: this.bytes };
  }
}
