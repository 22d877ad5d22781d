import type { WorkerSettings } from "../model-worker";
import type { Scenario } from "../scenario";

type WireScenario = Omit<Scenario, "isOrdered" | "workers">;

/** Workers without connection state recovery, which are so busy that what they send leaves later; the third is old. */
export function fast(scenario: WireScenario): Scenario {
  const busy = { isBusy: true };
  const workers = { 1: busy, 2: busy, 3: { isOld: true } };
  return { ...scenario, workers, isOrdered: false };
}

interface RecoveryScenario extends WireScenario {
  readonly maxDisconnectionDuration?: number;
  readonly worker?: WorkerSettings;
}

/** Workers with connection state recovery; the third is old, and the fourth has it off. */
export function ordered({
  maxDisconnectionDuration = 60_000,
  worker = {},
  ...scenario
}: RecoveryScenario): Scenario {
  const settings: WorkerSettings = {
    ...worker,
    serverOptions: {
      connectionStateRecovery: {
        maxDisconnectionDuration,
        skipMiddlewares: !worker.hasMiddleware,
      },
      // a lost connection is noticed after 5.3 s at the latest
      pingInterval: 100,
      pingTimeout: 100,
    },
  };
  const workers = { 1: settings, 2: settings, 3: { isOld: true }, 4: {} };
  return { ...scenario, workers, isOrdered: true };
}

export const FROM_1_TO_2 = { at: 1, homes: [2] };
export const TO_ROOM = { toRoom: true };
