/**
 * Values <-> bytes, for all that is no packet: requests, answers, the arguments of `serverSideEmit()`.
 */
import { randomBytes } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import { errorMessage, protocolError } from "../errors";
import { refuseDeep } from "./depth";
import { pack, PACKED_TAG, unpack } from "./packed";
import { isJson } from "./portable";
import { ownViews } from "./views";

// up to here, there is little to gain from packing them
const FEW_OBJECTS = 16;

/**
 * Encodes a value: as JSON, if that says all of it, or as `v8.serialize()` does, which costs several times as much. Under
 * `json`, what Node's channel would have made of it is what arrives, binary data apart: programs rely on that.
 *
 * @param isBinary - whether the `serialization` of the cluster is `advanced`
 * @throws the serializer's error, or a `RangeError` if the value is nested too deep
 */
export function encodeValue(value: unknown, isBinary: boolean): Buffer {
  return isJson(value) ? encodeJson(value) : encodeOther(value, isBinary);
}

/** As `encodeValue()`, in fewer bytes and less time for many objects that are alike, and in more for others. */
export function encodeAlike(value: unknown, isBinary: boolean): Buffer {
  if (!isJson(value)) {
    return encodeOther(value, isBinary);
  }
  return isJson(value, FEW_OBJECTS) ? encodeJson(value) : pack(value);
}

/** @throws {ClusterAdapterError} `ERR_PROTOCOL` */
export function decodeValue(bytes: Buffer): unknown {
  try {
    switch (bytes[0]) {
      case V8_TAG:
        return ownViews(deserialize(bytes));
      case PACKED_TAG:
        return unpack(bytes);
      default:
        return JSON.parse(bytes.toString()) as unknown;
    }
  } catch (error) {
    throw protocolError("W10", `a value is malformed: ${errorMessage(error)}`);
  }
}

function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function encodeOther(value: unknown, isBinary: boolean): Buffer {
  refuseDeep(value);
  return serialize(isBinary ? value : asJson(value));
}

// its first byte, which is in no UTF-8, either
const V8_TAG = 0xff;

// stands for binary data while JSON has its way; nobody else can know it
const MARK = randomBytes(16).toString("hex");

/** What JSON makes of a value, binary data apart. */
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
