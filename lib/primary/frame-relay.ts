import { ClusterAdapterError } from "../errors";
import { warnOnce } from "../warnings";
import {
  convertSection,
  keepableSection,
  sectionBytes,
  sectionTarget,
  type Section,
  type Wire,
} from "../wire/fast";
import { PRIMARY_UID } from "../wire/frames";
import { echoOf } from "../wire/ordered-section";
import { EMITTER_UID } from "../wire/plain";
import type { Ordering } from "./ordering";
import type { Peer, Peers } from "./peers";

export interface FrameRelayOptions {
  readonly peers: Peers<unknown>;
  readonly ordering: Ordering;
  readonly wire: () => Wire;
  /** An answer to a question of the primary. */
  readonly onAnswer: (section: Buffer) => void;
}

/** Passes the sections of frames on to those whom they are for. */
export class FrameRelay {
  readonly #options: FrameRelayOptions;

  constructor(options: FrameRelayOptions) {
    this.#options = options;
  }

  /** A worker has sent sections. */
  onSections(sender: Peer, sections: readonly Section[]): void {
    for (const section of sections) {
      sender.received.add(0, section.length);
      try {
        this.#relay(sender, section, sectionTarget(section));
      } catch (error) {
        if (!(error instanceof ClusterAdapterError)) {
          throw error;
        }
        warnOnce(`a section of frames was left out: ${error.message}`);
      }
    }
  }

  /** Sends a section to everyone. Its sender gets the numbers alone, if there are any. */
  passOn(section: Section, sender?: Peer): void {
    if (this.#options.wire() !== "ordered") {
      this.#pushToOthers(section, sender);
      return;
    }
    const bytes = sectionBytes(section);
    if (this.#options.ordering.number(bytes) && sender?.readsFrames) {
      sender.push(echoOf(bytes));
    }
    this.#pushToOthers(bytes, sender);
  }

  /** The same, for what its sender does not wait for. */
  passOnNumbered(section: Buffer, sender: Peer): void {
    this.#options.ordering.number(section);
    this.#pushToOthers(section, sender);
  }

  #relay(sender: Peer, received: Section, target: string | undefined): void {
    const { peers, ordering, wire, onAnswer } = this.#options;
    switch (target) {
      case PRIMARY_UID:
        ordering.read(
          sectionBytes(received),
          wire() === "ordered",
          (number) => {
            sender.progress = number;
          },
        );
        break;
      case EMITTER_UID:
        onAnswer(sectionBytes(received));
        break;
      case undefined:
        this.passOn(keepableSection(received), sender);
        break;
      default:
        peers.ownerOf(target)?.push(keepableSection(received));
    }
  }

  #pushToOthers(section: Section, sender: Peer | undefined): void {
    // each channel takes one of two forms
    const forms = new Map<boolean, Section>();
    for (const peer of this.#options.peers.all()) {
      // those that were sent before everyone had gone back to the plain wire are for them, too
      if (peer.readsFrames && peer !== sender) {
        const { isBinary, outbox } = peer;
        const form = forms.get(isBinary) ?? convertSection(section, isBinary);
        forms.set(isBinary, form);
        outbox.push(form);
      }
    }
  }
}
