/** Checks that can be taken away from the code that ships: what the fuzzer has to notice then. */
import { deserialize } from "node:v8";
import { ReturningClients } from "../../dist/returning-clients";
import * as fast from "../../dist/wire/fast";
import * as sessionMessages from "../../dist/wire/session-messages";
import * as values from "../../dist/wire/values";
import * as warnings from "../../dist/warnings";
import { nothing, replace } from "../model/rules/rule";

// of values
const BEGINNINGS: ReadonlySet<number> = new Set(
  Buffer.from('\u00fe\u00ff{["-0123456789tfn', "latin1"),
);

export interface Fault {
  readonly target: string;
  /** Which check is missing. */
  readonly says: string;
  /** Whether nothing comes out, not even an error. */
  readonly isEndless?: boolean;
  /** Takes the check away. */
  plant(): void;
}

export const faults: readonly Fault[] = [
  {
    target: "decoder",
    says: "a value is decoded whatever its bytes are",
    plant: () =>
      replace(
        values,
        "decodeValue",
        () => (bytes) =>
          bytes[0] === 0xff
            ? deserialize(bytes)
            : (JSON.parse(bytes.toString()) as unknown),
      ),
  },
  {
    target: "decoder",
    says: "a value is looked for behind the end",
    isEndless: true,
    plant: () =>
      replace(values, "decodeValue", (decodeValue) => (bytes) => {
        let at = 0;
        while (!BEGINNINGS.has(bytes[at]!)) {
          at++;
        }
        return decodeValue(bytes.subarray(at));
      }),
  },
  {
    target: "primary",
    says: "a message about a session may have any fields",
    plant: () => replace(sessionMessages, "decodeSession", () => unchecked),
  },
  {
    target: "restore",
    says: "who waits for an answer is not told when there is none",
    plant: () => replace(ReturningClients.prototype, "end", nothing),
  },
  {
    target: "primary",
    says: "a section may be anything",
    plant: () =>
      replace(
        fast,
        "isFramesMessage",
        () => (message) =>
          message.type === fast.FastType.FRAMES && Array.isArray(message.data),
      ),
  },
  {
    target: "worker",
    says: "what breaks the protocol is thrown",
    plant: () => replace(warnings, "attempt", () => (action) => action()),
  },
];

function unchecked(
  body: Buffer,
): ReturnType<typeof sessionMessages.decodeSession> {
  try {
    const end = 5 + body.readUInt32LE(1);
    const fields = JSON.parse(body.toString("utf8", 5, end)) as object;
    return { ...fields, op: body[0], data: body.subarray(end) } as ReturnType<
      typeof sessionMessages.decodeSession
    >;
  } catch {
    return undefined;
  }
}
