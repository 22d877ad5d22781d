/**
 * The total order, as frames: numbers the packets of a section, and speaks with the nodes about sessions.
 */
import { debugPrimary as debug } from "../debug";
import { ClusterAdapterError } from "../errors";
import { Recovery, type RecoveryOptions } from "../recovery/recovery";
import { warnOnce } from "../warnings";
import { readFrames, type PacketFrame } from "../wire/frame-reader";
import { FrameWriter } from "../wire/frame-writer";
import { PRIMARY_UID } from "../wire/frames";
import { isRecoverable, setFirstNumber } from "../wire/ordered-section";
import {
  decodeSession,
  encodeSession,
  SessionOp,
  type SessionMessage,
} from "../wire/session-messages";

export interface OrderingOptions extends Omit<RecoveryOptions, "send"> {
  /** Sends a section to the worker of a node; returns whether it can be reached. */
  readonly send: (uid: string, section: Buffer) => boolean;
  /** The namespace of a node, if it is known. */
  readonly namespaceOf: (uid: string) => string | undefined;
}

export class Ordering {
  readonly recovery: Recovery;
  readonly #options: OrderingOptions;
  readonly #writer = new FrameWriter();

  constructor(options: OrderingOptions) {
    this.#options = options;
    this.recovery = new Recovery({
      ...options,
      send: (uid, message) => this.#send(uid, message),
    });
  }

  /**
   * Numbers the packets of a section, in place. [R1]
   *
   * @returns whether there are any: their sender waits for the numbers
   */
  number(section: Buffer): boolean {
    const { recovery } = this;
    const first = recovery.log.last + 1;
    let sender = "";
    let nsp = "";
    let hasNumbers = false;
    let unknown = 0;
    visit(section, {
      onOrigin: (uid, originNsp) => {
        sender = uid;
        nsp = originNsp;
      },
      onPacket: (packet) => {
        if (packet.ref !== undefined) {
          recovery.number(sender, nsp, packet);
          hasNumbers = true;
        } else if (isRecoverable(packet.opts, packet.requestId)) {
          // its sender did not know of the order yet
          unknown++;
        }
      },
      onSession: () => {},
    });
    if (hasNumbers) {
      recovery.endSection();
      setFirstNumber(section, first);
    }
    // behind the others, whose numbers follow each other
    for (; unknown > 0; unknown--) {
      recovery.skip();
    }
    return hasNumbers;
  }

  /**
   * Reads what nodes say of their sessions.
   *
   * @param isActive - whether there is an order: nobody is recovered where there is none
   * @param onProgress - called with the number that a worker has reached
   */
  read(
    section: Buffer,
    isActive: boolean,
    onProgress: (number: number) => void,
  ): void {
    let sender = "";
    let nsp = "";
    visit(section, {
      onOrigin: (uid, originNsp) => {
        sender = uid;
        nsp = originNsp;
      },
      onPacket: () => {},
      onSession: (body) => {
        const message = decodeSession(body);
        if (message === undefined) {
          debug("ignore a message about a session of an unknown kind");
        } else if (!isActive) {
          if (message.op === SessionOp.RESTORE) {
            this.#send(sender, { op: SessionOp.REFUSED, id: message.id });
          }
        } else if (message.op === SessionOp.PROGRESS) {
          // one of the last order may still be under way
          if (message.epoch === this.recovery.epoch) {
            onProgress(message.number);
          }
        } else {
          this.recovery.onMessage(sender, nsp, message);
        }
      },
    });
  }

  #send(uid: string, message: SessionMessage): boolean {
    const nsp = this.#options.namespaceOf(uid);
    if (nsp === undefined) {
      return false;
    }
    const origin = { uid: PRIMARY_UID, nsp };
    this.#writer.writeSession(origin, uid, encodeSession(message));
    const [section] = this.#writer.take();
    return this.#options.send(uid, section as Buffer);
  }
}

interface Visitor {
  onOrigin(uid: string, nsp: string): void;
  onPacket(packet: PacketFrame): void;
  onSession(body: Buffer): void;
}

/** What breaks the protocol ends the visit, with one process warning. */
function visit(section: Buffer, visitor: Visitor): void {
  try {
    readFrames(section, { ...visitor, onMessage: () => {} });
  } catch (error) {
    if (!(error instanceof ClusterAdapterError)) {
      throw error;
    }
    warnOnce(`frames of a worker were left out: ${error.message}`);
  }
}
