import assert from "node:assert/strict";
import {
  ClusterAdapterError,
  errorMessage,
  invalidOption,
  noIpcChannel,
  notSendable,
} from "../../dist/errors";

function got(value: unknown): string | undefined {
  return /^it must be the rule, got (.*)$/s.exec(
    invalidOption("it", value, "the rule").message,
  )?.[1];
}

describe("errors", () => {
  it("are errors with a name, a code and a message", () => {
    const error = new ClusterAdapterError("ERR_NOT_SENDABLE", "no");
    assert.ok(error instanceof Error);
    assert.equal(error.name, "ClusterAdapterError");
    assert.equal(error.code, "ERR_NOT_SENDABLE");
    assert.equal(error.message, "no");
    assert.match(error.stack ?? "", /errors\.test/);
  });

  it("have a cause only if there is one", () => {
    const cause = new TypeError("deeper");
    const error = new ClusterAdapterError("ERR_NOT_SENDABLE", "no", cause);
    assert.equal(error.cause, cause);
    const alone = new ClusterAdapterError("ERR_NOT_SENDABLE", "no");
    assert.equal("cause" in alone, false);
    const falsy = new ClusterAdapterError("ERR_NOT_SENDABLE", "no", null);
    assert.equal(falsy.cause, null);
  });

  it("name the option, the rule and the value", () => {
    const error = invalidOption('the option "a"', -1, "positive");
    assert.ok(error instanceof ClusterAdapterError);
    assert.equal(error.code, "ERR_INVALID_OPTION");
    assert.equal(error.message, 'the option "a" must be positive, got -1');
  });

  it("show a value in a few characters, and never what is inside", () => {
    assert.equal(got("5000"), '"5000"');
    assert.equal(got('a "b"\n'), '"a \\"b\\"\\n"');
    assert.equal(got("x".repeat(50)), `"${"x".repeat(50)}"`);
    assert.equal(got("x".repeat(51)), `"${"x".repeat(50)}…"`);
    assert.equal(got(null), "null");
    assert.equal(got(undefined), "undefined");
    assert.equal(got({ password: "1234" }), "[object Object]");
    assert.equal(got(["1234"]), "[object Array]");
    assert.equal(
      got(() => "secret"),
      "a function",
    );
    assert.equal(got(NaN), "NaN");
    assert.equal(got(10n), "10");
    assert.equal(got(Symbol("s")), "Symbol(s)");
    assert.equal(got(true), "true");
  });

  it("say what to do in a process without a channel", () => {
    const error = noIpcChannel();
    assert.ok(error instanceof ClusterAdapterError);
    assert.equal(error.code, "ERR_NO_IPC_CHANNEL");
    assert.match(error.message, /IPC channel/);
    assert.match(
      error.message,
      /cluster\.fork\(\) from a primary that calls setupPrimary\(\)/,
    );
    assert.doesNotMatch(error.message, /before|after/);
    assert.equal(error.cause, undefined);
  });

  it("say what cannot be sent, and keep the error of the serializer", () => {
    const cause = new Error("() => {} could not be cloned.");
    const error = notSendable("the packet", cause);
    assert.ok(error instanceof ClusterAdapterError);
    assert.equal(error.code, "ERR_NOT_SENDABLE");
    assert.match(
      error.message,
      /^the packet cannot be sent to the other workers \(\(\) => {} could not be cloned\.\): send plain data, /,
    );
    assert.equal(error.cause, cause);
  });

  it("have a text, whatever was thrown", () => {
    assert.equal(errorMessage(new RangeError("too deep")), "too deep");
    assert.equal(errorMessage("a string"), "a string");
    assert.equal(errorMessage(undefined), "undefined");
    assert.equal(errorMessage(Symbol("s")), "Symbol(s)");
  });
});
