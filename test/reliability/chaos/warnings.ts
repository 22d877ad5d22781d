import type { ProcessWarning } from "../../support/process";
import type { Scene } from "./scene";

/** The warnings of processes of this version that nothing explains. */
export function unexplained(scene: Scene): string[] {
  const { config } = scene.plan;
  const expected: [boolean, RegExp][] = [
    // the warning comes after `heartbeatInterval`, which is short here, and the machine may be busy
    [true, /the primary has not answered/],
    [scene.deeds.has("garbage"), /left out: \[\w+\]|left out/],
    [scene.deeds.has("misuse"), /was left out|cannot be encoded/],
    [config.tight === "backlog", /does not read its messages/],
    [config.tight === "log", /the log of packets has reached a limit/],
    [config.tight === "sessions", /there are more than \d+ sessions/],
    [
      config.mode === "mixed" || config.mode === "below",
      /connectionStateRecovery recovers nobody/,
    ],
  ];
  const isExplained = ({ message }: ProcessWarning) =>
    expected.some(([isOn, pattern]) => isOn && pattern.test(message));
  const { primary, workers } = scene.cluster;
  return [
    ...(config.mode === "below"
      ? []
      : [{ name: "the primary", warnings: primary.warnings }]),
    ...workers
      .filter(({ kind }) => kind === "ours")
      .map(({ id, warnings }) => ({ name: `worker ${id}`, warnings })),
  ].flatMap(({ name, warnings }) =>
    warnings
      .filter((warning) => !isExplained(warning))
      .map(({ message }) => `a warning of ${name}: ${message}`),
  );
}
