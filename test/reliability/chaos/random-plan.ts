/** From a seed to a plan. */
import fc from "fast-check";
import type { Kind } from "../../support/worker";
import {
  nameOfClient,
  NAMESPACES,
  PRIMARY,
  ROOMS,
  type Action,
  type ClientPlan,
  type Config,
  type Emission,
  type Fault,
  type Flavour,
  type Operation,
  type Plan,
  type Question,
  type Round,
} from "./plan";

export interface PlanOptions {
  /** @default 4 */
  rounds?: number;
  /** How long each round lasts, in ms, without what it takes to come to rest. @default 1_200 */
  duration?: number;
  /** @default any */
  mode?: Config["mode"];
  /** Whether nothing happens to workers. @default false */
  isGentle?: boolean;
}

/** The same seed and options give the same plan. */
export function planOf(
  seed: number,
  { rounds = 4, duration = 1_200, mode, isGentle = false }: PlanOptions = {},
): Plan {
  const arbitrary = configOf(mode).chain((config) =>
    fc
      .array(CLIENT, { minLength: 6, maxLength: 16, size: "max" })
      .chain((clients) =>
        fc.record({
          config: fc.constant(config),
          clients: fc.constant(clients),
          rounds: fc.array(
            roundOf(config, clients.length, duration, isGentle),
            {
              minLength: rounds,
              maxLength: rounds,
            },
          ),
        }),
      ),
  );
  const [plan] = fc.sample(fc.noBias(arbitrary), { seed, numRuns: 1 });
  // without what the library leaves in it
  return JSON.parse(JSON.stringify(plan)) as Plan;
}

/** One of the values, each as often as its weight says. */
function weighted<T>(...choices: [number, T][]): fc.Arbitrary<T> {
  return fc.oneof(
    ...choices.map(([weight, value]) => ({
      weight,
      arbitrary: fc.constant(value),
    })),
  );
}

const SLOT = fc.nat(11);
const SENDER = fc.oneof(
  { weight: 8, arbitrary: SLOT },
  { weight: 1, arbitrary: fc.constant(PRIMARY) },
);
const NSP = fc.constantFrom(...NAMESPACES);
const TRANSPORT = weighted<ClientPlan["transport"]>(
  [3, "websocket"],
  [1, "polling"],
);

function configOf(mode?: Config["mode"]): fc.Arbitrary<Config> {
  const modes = weighted<Config["mode"]>(
    [3, "plain"],
    [5, "recovery"],
    [2, "mixed"],
    [1, "below"],
  );
  return (mode ? fc.constant(mode) : modes).chain((chosen) => {
    const isNew = chosen === "plain" || chosen === "recovery";
    return fc.record<Config>({
      mode: fc.constant(chosen),
      serialization: fc.constantFrom("json", "advanced"),
      parser: isNew
        ? weighted([4, "default"], [1, "msgpack"])
        : fc.constant("default"),
      workers: fc.integer({ min: 2, max: 4 }),
      // nobody announces the end of a worker under a primary of 0.3.0
      patience:
        chosen === "below"
          ? fc.constant("short")
          : fc.constantFrom("short", "long"),
      hasSlowMiddlewares: weighted([2, false], [1, true]),
      tight:
        chosen === "recovery"
          ? weighted(
              [6, "nothing"],
              [2, "backlog"],
              [1, "log"],
              [1, "sessions"],
            )
          : chosen === "plain"
            ? weighted([4, "nothing"], [1, "backlog"])
            : fc.constant("nothing"),
    });
  });
}

const CLIENT: fc.Arbitrary<ClientPlan> = fc.record({
  nsp: weighted([3, NAMESPACES[0]], [2, NAMESPACES[1]]),
  transport: TRANSPORT,
  whims: fc.array(fc.nat(999), { minLength: 24, maxLength: 24 }),
});

function roundOf(
  config: Config,
  clients: number,
  duration: number,
  isGentle: boolean,
): fc.Arbitrary<Round> {
  // in steps of 10 ms, so that several often happen at once
  const at = fc.nat(Math.floor(duration / 10)).map((tens) => tens * 10);
  const step = <T extends Action>(action: fc.Arbitrary<T>) =>
    fc.record({ at, action });
  const faults = fc
    .tuple(
      fc.nat(4),
      fc.array(step(faultOf(config, clients, isGentle)), {
        minLength: 4,
        maxLength: 4,
      }),
    )
    .map(([count, all]) => all.slice(0, count));
  const operations = fc.array(step(operationOf(clients)), {
    minLength: 2,
    maxLength: 10,
    size: "max",
  });
  const emissions = fc.array(step(emissionOf(config, clients, duration)), {
    minLength: 10,
    maxLength: 40,
    size: "max",
  });
  return fc.record({
    rooms: fc.array(fc.subarray(ROOMS), {
      minLength: clients,
      maxLength: clients,
    }),
    steps: fc
      .tuple(emissions, operations, faults)
      .map((all) => all.flat().sort((a, b) => a.at - b.at)),
  });
}

function emissionOf(
  { serialization, mode }: Config,
  clients: number,
  duration: number,
): fc.Arbitrary<Emission> {
  // the channel of 0.3.0 has no form for binary data in JSON
  const hasBinary =
    serialization === "advanced" || mode === "plain" || mode === "recovery";
  const flavour = weighted<Flavour>(
    [10, "plain"],
    [2, "volatile"],
    [2, "local"],
    [2, "compressed"],
    [3, "ack"],
    [1, "large"],
    [2, hasBinary ? "binary" : "plain"],
    [3, "direct"],
    [3, "others"],
    [3, "server"],
  );
  const own = fc.nat(clients - 1).map(nameOfClient);
  const rooms = fc.subarray(ROOMS, { maxLength: 2 });
  return fc
    .record({
      flavour,
      from: SENDER,
      nsp: NSP,
      rooms: fc.oneof(fc.constant([]), rooms, fc.tuple(own)),
      except: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...ROOMS)) },
      ),
      client: own,
      burst: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 30 }) },
        { weight: 1, arbitrary: fc.integer({ min: 500, max: 2_000 }) },
      ),
      stream: fc.record({
        every: fc.integer({ min: 1, max: 10 }),
        share: fc.integer({ min: 10, max: 60 }),
      }),
      isStream: weighted([2, false], [1, true]),
    })
    .map(({ client, burst, stream, isStream, ...rest }): Emission => {
      const most =
        rest.flavour === "large" || rest.flavour === "ack" ? 3 : 2_000;
      const streamed = Math.ceil(
        (duration * stream.share) / 100 / stream.every,
      );
      const emission: Emission = {
        do: "emit",
        ...rest,
        count: Math.min(isStream ? streamed : burst, most),
        every: isStream ? stream.every : 0,
      };
      switch (rest.flavour) {
        case "direct":
          return { ...emission, rooms: [client], except: [] };
        case "others":
          return { ...emission, except: [client] };
        case "server":
          return { ...emission, rooms: [], except: [] };
        default:
          return emission;
      }
    });
}

function operationOf(clients: number): fc.Arbitrary<Operation> {
  const named = <Name extends Operation["do"]>(name: Name) => fc.constant(name);
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: named("ask"),
        question: fc.constantFrom<Question[]>(
          "fetchSockets",
          "countSockets",
          "allRooms",
          "serverSideEmit",
          "sockets",
        ),
        from: SENDER,
        nsp: NSP,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: named("dance"), from: SENDER, nsp: NSP }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: named("meet"),
        workers: fc.tuple(SLOT, SLOT),
        transport: TRANSPORT,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: named("farewell"),
        from: SENDER,
        client: fc.nat(clients - 1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: named("misuse"), from: SENDER }),
    },
  );
}

interface Choice {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Fault>;
}

function faultOf(
  { mode }: Config,
  clients: number,
  isGentle: boolean,
): fc.Arbitrary<Fault> {
  const client = fc.nat(clients - 1);
  const named = <Name extends Fault["do"]>(name: Name) => fc.constant(name);
  const ofClients: Choice[] = [
    { weight: 5, arbitrary: fc.record({ do: named("cut"), client }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: named("flap"),
        client,
        times: fc.integer({ min: 2, max: 8 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: named("roam"), client }) },
    { weight: 2, arbitrary: fc.record({ do: named("bounce"), client }) },
  ];
  if (isGentle) {
    return fc.oneof(...ofClients);
  }
  const choices: Choice[] = [
    ...ofClients,
    {
      weight: 6,
      arbitrary: fc.record({ do: named("kill"), worker: SLOT }),
    },
    { weight: 1, arbitrary: fc.record({ do: named("kill all") }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: named("stop"),
        worker: SENDER,
        ms: fc.integer({ min: 50, max: 2_500 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: named("block"),
        worker: SLOT,
        ms: fc.integer({ min: 50, max: 2_000 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: named("slow"),
        worker: SLOT,
        ms: fc.integer({ min: 300, max: 1_000 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: named("fork"),
        kind:
          mode === "mixed" || mode === "below"
            ? weighted<Kind>([2, "published"], [1, "ours"])
            : fc.constant<Kind>("ours"),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: named("close"),
        worker: SLOT,
        how: fc.constantFrom("exit" as const, "disconnect" as const),
      }),
    },
  ];
  if (mode !== "below") {
    choices.push({
      weight: 1,
      arbitrary: fc.record({
        do: named("restart"),
        concurrency: fc.integer({ min: 1, max: 2 }),
      }),
    });
  }
  // it ends processes of 0.3.0
  if (mode === "plain" || mode === "recovery") {
    choices.push({
      weight: 2,
      arbitrary: fc.record({ do: named("garbage"), from: SENDER }),
    });
  }
  return fc.oneof(...choices);
}
