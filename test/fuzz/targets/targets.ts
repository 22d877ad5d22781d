import * as offsets from "../../../dist/wire/offsets";
import { installSurroundings } from "../../model/surroundings";
import { stub } from "../../unit/support/stub";
import type { Target } from "../fuzzer";
import { decoder } from "./decoder";
import { primary } from "./primary";
import { restore } from "./restore";
import { worker } from "./worker";

export const targets: readonly Target[] = [
  decoder(),
  primary(),
  worker(),
  restore(),
];

/** Surrounds the targets with what they need, until the function that it returns is called. */
export function surroundTargets(): () => void {
  const restores = [
    installSurroundings(),
    // that of the recorded sessions
    stub(offsets, "newEpoch", () => "epoch1"),
  ];
  return () => restores.forEach((restore) => restore());
}
