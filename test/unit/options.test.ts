import assert from "node:assert/strict";
import fc from "fast-check";
import { ClusterAdapterError } from "../../dist/errors";
import {
  resolveAdapterOptions,
  resolveDrainOptions,
  resolveEmitterOptions,
  resolvePrimaryOptions,
  resolveRestartOptions,
  type AdapterOptions,
  type PrimaryOptions,
} from "../../dist/options";

const DEFAULTS = {
  heartbeatInterval: 5_000,
  heartbeatTimeout: 10_000,
  requestsTimeout: 5_000,
};
const KEYS = Object.keys(DEFAULTS) as Array<keyof AdapterOptions>;
const LONGEST_DELAY = 2_147_483_647;

function assertRefused(options: unknown, message: string | RegExp): void {
  assert.throws(() => resolveAdapterOptions(options as AdapterOptions), {
    constructor: ClusterAdapterError,
    code: "ERR_INVALID_OPTION",
    message,
  });
}

describe("options", () => {
  it("fills in the documented defaults", () => {
    assert.deepEqual(resolveAdapterOptions(), DEFAULTS);
    assert.deepEqual(resolveAdapterOptions(null), DEFAULTS);
    assert.deepEqual(resolveAdapterOptions({}), DEFAULTS);
  });

  it("takes undefined for left out", () => {
    for (const key of KEYS) {
      assert.deepEqual(resolveAdapterOptions({ [key]: undefined }), DEFAULTS);
    }
  });

  it("keeps what was given, option by option", () => {
    KEYS.forEach((key, i) => {
      const given = { [key]: 123 + i };
      assert.deepEqual(resolveAdapterOptions(given), { ...DEFAULTS, ...given });
    });
  });

  it("ignores keys that it does not know, and does not change its argument", () => {
    const given = { heartbeatInterval: 1, unknown: "yes" };
    assert.deepEqual(resolveAdapterOptions(given), {
      ...DEFAULTS,
      heartbeatInterval: 1,
    });
    assert.deepEqual(given, { heartbeatInterval: 1, unknown: "yes" });
  });

  it("is happy with its own result", () => {
    const resolved = resolveAdapterOptions({ requestsTimeout: 7 });
    assert.deepEqual(resolveAdapterOptions(resolved), resolved);
  });

  it("refuses options that are no object", () => {
    assertRefused(5_000, "the options must be an object, got 5000");
    assertRefused("fast", /must be an object, got "fast"$/);
    assertRefused(() => {}, /must be an object, got a function$/);
    assertRefused(false, /must be an object, got false$/);
    assertRefused([5_000], /must be an object, got \[object Array\]$/);
  });

  it("refuses a duration that is not a positive number", () => {
    for (const key of KEYS) {
      for (const value of [0, -1, NaN, -Infinity, "5", null, true, {}, 5n]) {
        assertRefused(
          { [key]: value },
          new RegExp(
            `^the option "${key}" must be a positive number of ms, got `,
          ),
        );
      }
    }
  });

  it("refuses a delay that a timer of Node.js would turn into 1 ms", () => {
    for (const key of ["heartbeatInterval", "requestsTimeout"] as const) {
      const longest = { [key]: LONGEST_DELAY };
      assert.equal(resolveAdapterOptions(longest)[key], LONGEST_DELAY);
      const message = `the option "${key}" must be at most ${LONGEST_DELAY} ms, got `;
      assertRefused(
        { [key]: LONGEST_DELAY + 1 },
        `${message}${LONGEST_DELAY + 1}`,
      );
      assertRefused({ [key]: Infinity }, `${message}Infinity`);
    }
  });

  it("lets a node be silent for ever", () => {
    const { heartbeatTimeout } = resolveAdapterOptions({
      heartbeatTimeout: Infinity,
    });
    assert.equal(heartbeatTimeout, Infinity);
  });

  it("returns positive numbers or throws its own error, whatever it is given", () => {
    const value = fc.oneof(fc.anything(), fc.double(), fc.integer());
    const options = fc.oneof(
      fc.anything(),
      fc.record(
        {
          heartbeatInterval: value,
          heartbeatTimeout: value,
          requestsTimeout: value,
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(options, (given) => {
        try {
          const resolved = resolveAdapterOptions(given as AdapterOptions);
          assert.deepEqual(Object.keys(resolved), KEYS);
          assert.ok(Object.values(resolved).every((ms) => ms > 0));
        } catch (error) {
          assert.equal(
            (error as ClusterAdapterError).code,
            "ERR_INVALID_OPTION",
          );
        }
      }),
    );
  });
});

describe("the options of the primary", () => {
  const defaults = {
    maxBacklogBytes: 33_554_432,
    maxBacklogMessages: 100_000,
    maxLogBytes: 67_108_864,
    maxLogEntries: 200_000,
    maxSessions: 100_000,
  };

  function assertPrimaryRefuses(options: unknown, message: RegExp): void {
    assert.throws(() => resolvePrimaryOptions(options as PrimaryOptions), {
      constructor: ClusterAdapterError,
      code: "ERR_INVALID_OPTION",
      message,
    });
  }

  it("have the documented defaults", () => {
    for (const given of [undefined, null, {}, { maxBacklogBytes: undefined }]) {
      assert.deepEqual(resolvePrimaryOptions(given), defaults);
    }
    resolvePrimaryOptions().maxBacklogBytes = 1;
    assert.deepEqual(resolvePrimaryOptions(), defaults);
  });

  it("are kept as they were given", () => {
    for (const key of Object.keys(defaults)) {
      const resolved = resolvePrimaryOptions({ [key]: 7 });
      assert.deepEqual(resolved, { ...defaults, [key]: 7 });
    }
  });

  it("are refused when they are not positive whole numbers", () => {
    for (const key of Object.keys(defaults)) {
      for (const value of [0, -1, 1.5, NaN, Infinity, "5", null, 5n]) {
        const message = new RegExp(
          `^the option "${key}" must be a positive whole number`,
        );
        assertPrimaryRefuses({ [key]: value }, message);
      }
    }
    assertPrimaryRefuses(5, /options must be an object, got 5$/);
  });

  it("are refused when nobody knows them", () => {
    const message =
      /^unknown option "maxBacklog" \(got 1\): the options are maxBacklogBytes, maxBacklogMessages, maxLogBytes, maxLogEntries, maxSessions$/;
    assertPrimaryRefuses({ maxBacklog: 1 }, message);
    assertPrimaryRefuses({ toString: 1 }, /^unknown option "toString" /);
  });
});

describe("the options of an emitter, of drain() and of restart()", () => {
  const fork = () => undefined as never;
  const resolvers = {
    emitter: resolveEmitterOptions as (options?: unknown) => object,
    drain: resolveDrainOptions as (options?: unknown) => object,
    restart: resolveRestartOptions as (options?: unknown) => object,
  };
  const cases: Array<{
    of: keyof typeof resolvers;
    defaults: object;
    least: object;
    wrong: Array<[object, RegExp]>;
  }> = [
    {
      of: "emitter",
      defaults: { requestsTimeout: 5_000 },
      least: { requestsTimeout: 1 },
      wrong: [
        [{ requestsTimeout: 0 }, /"requestsTimeout" must be .*, got 0$/],
        [
          { timeout: 1 },
          /"timeout" \(got 1\): the options are requestsTimeout$/,
        ],
      ],
    },
    {
      of: "drain",
      defaults: { duration: 10_000 },
      least: { duration: 0 },
      wrong: [
        [{ duration: -1 }, /"duration" must be .*, got -1$/],
        [{ duration: "1" }, /"duration" must be .*, got "1"$/],
        [{ duration: Infinity }, /"duration" must be at most .*, got Infinity/],
        [
          { drainDuration: 1 },
          /"drainDuration" \(got 1\): the options are duration$/,
        ],
      ],
    },
    {
      of: "restart",
      defaults: {
        concurrency: 1,
        readyTimeout: 30_000,
        drainDuration: 10_000,
        killTimeout: 5_000,
        fork: undefined,
      },
      least: {
        concurrency: 1,
        readyTimeout: 1,
        drainDuration: 0,
        killTimeout: 1,
        fork,
      },
      wrong: [
        [{ concurrency: 1.5 }, /"concurrency" must be .*, got 1.5$/],
        [{ concurrency: 0 }, /"concurrency" must be .*, got 0$/],
        [{ readyTimeout: 0 }, /"readyTimeout" must be .*, got 0$/],
        [{ killTimeout: NaN }, /"killTimeout" must be .*, got NaN$/],
        [{ fork: {} }, /"fork" must be a function, got \[object Object\]$/],
        [
          { duration: 1 },
          /"duration" \(got 1\): the options are concurrency, /,
        ],
      ],
    },
  ];

  for (const { of, defaults, least, wrong } of cases) {
    it(`of ${of}: have defaults, are kept as they are, and refused when they are wrong`, () => {
      const resolve = resolvers[of];
      assert.deepEqual(resolve(), defaults);
      assert.deepEqual(resolve(null), defaults);
      assert.deepEqual(resolve(least), least);
      for (const [options, message] of [
        ...wrong,
        ["now", /^the options must be an object, got "now"$/] as const,
        [[], /^the options must be an object, got \[object Array\]$/] as const,
      ]) {
        assert.throws(() => resolve(options), {
          code: "ERR_INVALID_OPTION",
          message,
        });
      }
    });
  }
});
