import assert from "node:assert/strict";
import { type TestCluster, startCluster } from "../support/cluster";
import type { Kind } from "../support/worker";
import { type Column, Scene, type Scenario, type Theme } from "./scene";
import { acks } from "./scenarios/acks";
import { broadcast } from "./scenarios/broadcast";
import { disconnectSockets } from "./scenarios/disconnect-sockets";
import { fetchSockets } from "./scenarios/fetch-sockets";
import { ipc } from "./scenarios/ipc";
import { membership } from "./scenarios/membership";
import { namespaces } from "./scenarios/namespaces";
import { order } from "./scenarios/order";
import { parser } from "./scenarios/parser";
import { payloads } from "./scenarios/payloads";
import { rooms } from "./scenarios/rooms";
import { serverSideEmit } from "./scenarios/server-side-emit";
import { servers } from "./scenarios/servers";

const themes: Theme[] = [
  broadcast,
  payloads,
  order,
  acks,
  rooms,
  disconnectSockets,
  fetchSockets,
  serverSideEmit,
  namespaces,
  ipc,
  membership,
  servers,
];

const uniform = (kind: Kind): Column["workers"] => [kind, kind, kind];

/** All columns together have either kind of worker in each of the roles, under either primary. */
const columns: Column[] = (["ours", "published"] as const).flatMap((primary) =>
  (["json", "advanced"] as const).flatMap((serialization): Column[] => {
    const other = primary === "ours" ? "published" : "ours";
    return [
      uniform("ours"),
      uniform("published"),
      serialization === "json"
        ? ([primary, other, primary] satisfies Column["workers"])
        : ([other, primary, other] satisfies Column["workers"]),
    ].map((workers) => ({ primary, workers, serialization }));
  }),
);

const msgpack = {
  primary: "ours",
  serialization: "advanced",
  parser: "msgpack",
} as const;

/** Every scenario in one cluster; those that only wait run beside the others and are looked at last. */
function column(settings: Column, themes: Theme[]): void {
  describe(titleOf(settings), () => {
    const applying = themes.flatMap(({ name, scenarios }) =>
      Object.entries(scenarios)
        .filter(([, scenario]) => scenario.appliesTo?.(settings) ?? true)
        .map(([fact, scenario]) => ({ title: `${name} ${fact}`, scenario })),
    );
    const waiting = new Map<Scenario, Promise<void>>();
    let cluster: TestCluster;

    async function play(scenario: Scenario): Promise<void> {
      const scene = await Scene.open(cluster, settings);
      try {
        await scenario(scene);
      } finally {
        scene.close();
      }
    }

    before(async () => {
      cluster = await startCluster(settings);
      for (const { scenario } of applying.filter((s) => s.scenario.waits)) {
        const played = play(scenario);
        played.catch(() => {});
        waiting.set(scenario, played);
      }
    });

    after(() => cluster?.stop());

    for (const { title, scenario } of applying.filter(
      (s) => !s.scenario.waits,
    )) {
      it(title, () => play(scenario));
    }
    for (const { title, scenario } of applying.filter(
      (s) => s.scenario.waits,
    )) {
      it(title, () => waiting.get(scenario));
    }

    it("is fulfilled without a process warning of ours", () => {
      const ours = [
        ...cluster.workers.filter(({ kind }) => kind === "ours"),
        ...(settings.primary === "ours" ? [cluster.primary] : []),
      ];
      assert.deepEqual(
        ours.flatMap(({ warnings }) => warnings),
        [],
      );
    });
  });
}

function titleOf({ primary, workers, serialization, parser }: Column): string {
  const kinds = new Set(workers).size > 1 ? workers.join("+") : workers[0];
  const tail = parser ? `, ${parser} parser` : "";
  return `primary ${primary}, workers ${kinds}, ${serialization}${tail}`;
}

describe("the contract", () => {
  columns.forEach((settings) => column(settings, themes));

  for (const workers of [
    uniform("ours"),
    ["published", "ours", "published"],
  ] as Array<Column["workers"]>) {
    column({ ...msgpack, workers }, [parser, broadcast, order]);
  }
});
