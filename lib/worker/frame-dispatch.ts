/**
 * Passes the frames of a section on to the nodes of their namespace.
 */
import { debugWorker as debug } from "../debug";
import { ClusterAdapterError } from "../errors";
import { warnOnce } from "../warnings";
import { readFrames } from "../wire/frame-reader";
import { isPlainMessage, MESSAGE_SOURCE } from "../wire/plain";
import { decodeValue } from "../wire/values";
import type { Node, NodeRegistry } from "./node-registry";

const NOBODY: ReadonlySet<Node> = new Set();

/** A violation of the protocol loses the rest of the section, with one process warning. */
export function dispatchFrames(section: Buffer, registry: NodeRegistry): void {
  let uid = "";
  let nsp = "";
  let nodes = NOBODY;

  try {
    readFrames(section, {
      onOrigin(originUid, originNsp) {
        uid = originUid;
        nsp = originNsp;
        nodes = registry.of(nsp) ?? NOBODY;
        nodes.forEach((node) => node.onAlive(uid));
      },
      onPacket(packet) {
        for (const node of nodes) {
          try {
            node.onPacket(uid, packet);
          } catch (error) {
            warnOrThrowLater(error);
          }
        }
      },
      onMessage(type, bytes) {
        if (nodes.size === 0) {
          return;
        }
        let data: unknown;
        try {
          data = bytes.length === 0 ? undefined : decodeValue(bytes);
        } catch (error) {
          warn(error);
          return;
        }
        const message = { source: MESSAGE_SOURCE, uid, nsp, type, data };
        if (isPlainMessage(message)) {
          for (const node of nodes) {
            try {
              node.onMessage(message);
            } catch (error) {
              warnOrThrowLater(error);
            }
          }
        } else {
          debug("ignore a message of an unknown form");
        }
      },
    });
  } catch (error) {
    warn(error);
  }
}

/** Warns of a violation of the protocol; throws any other error. */
function warn(error: unknown): void {
  if (
    !(error instanceof ClusterAdapterError) ||
    error.code !== "ERR_PROTOCOL"
  ) {
    throw error;
  }
  warnOnce(`frames of another worker were left out: ${error.message}`);
}

/** What a listener of the application throws is thrown as if its message had come alone: the next one is handled. */
function warnOrThrowLater(error: unknown): void {
  try {
    warn(error);
  } catch {
    process.nextTick(() => {
      throw error;
    });
  }
}
