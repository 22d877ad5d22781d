/**
 * Values <-> bytes, for all that is no packet: requests, answers, the arguments of `serverSideEmit()`.
 */
import { randomBytes } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import { errorMessage, protocolError } from "../errors";

/**
 * Encodes a value. Under `json`, what Node's channel would have made of it is what arrives, binary data apart: programs
 * rely on that.
 *
 * @param isBinary - whether the `serialization` of the cluster is `advanced`
 * @throws the serializer's error
 */
export function encodeValue(value: unknown, isBinary: boolean): Buffer {
  return serialize(isBinary ? value : asJson(value));
}

/** @throws {ClusterAdapterError} `ERR_PROTOCOL` */
export function decodeValue(bytes: Buffer): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw protocolError("W10", `a value is malformed: ${errorMessage(error)}`);
  }
}

// stands for binary data while JSON has its way; nobody else can know it
const MARK = randomBytes(16).toString("hex");

function asJson(value: unknown): unknown {
  const binaries: unknown[] = [];
  const text = JSON.stringify(value, function (this: object, key, item) {
    // a Buffer has become an object by now
    const original = (this as Record<string, unknown>)[key];
    return ArrayBuffer.isView(original) || original instanceof ArrayBuffer
      ? MARK + (binaries.push(original) - 1)
      : (item as unknown);
  }) as string | undefined;
  return text === undefined
    ? undefined
    : JSON.parse(text, (_, item: unknown) =>
        typeof item === "string" && item.startsWith(MARK)
          ? binaries[Number(item.slice(MARK.length))]
          : item,
      );
}
