/**
 * Sessions of real clusters: what workers and the primary have said to each other, on each wire and in each serialization.
 */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { deserialize, serialize } from "node:v8";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { MessageType } from "socket.io-adapter";

export interface Recorded {
  /** The worker that has said it. */
  readonly from?: number;
  /** The worker to which the primary has said it. */
  readonly to?: number;
  readonly message: object;
}

export const FOLDER = resolve(__dirname, "../../test/fuzz/corpus");

export function pack(value: unknown): Buffer {
  return deflateRawSync(serialize(value), { level: 9 });
}

export function unpack(bytes: Buffer): unknown {
  return deserialize(inflateRawSync(bytes));
}

/** The recorded sessions, by name. */
export function readCorpus(): Map<string, Recorded[]> {
  return new Map(
    readdirSync(FOLDER).map((name) => [
      name,
      unpack(readFileSync(resolve(FOLDER, name))) as Recorded[],
    ]),
  );
}

/** The node of a worker in the main namespace. */
export function uidOf(
  session: readonly Recorded[],
  worker: number,
): string | undefined {
  const greeting = session.find(({ from, message }) => {
    const { type, nsp } = message as { type?: number; nsp?: string };
    return (
      from === worker && type === MessageType.INITIAL_HEARTBEAT && nsp === "/"
    );
  });
  return (greeting?.message as { uid?: string } | undefined)?.uid;
}
