export { NodeClusterAdapter } from "./adapter";
export { createAdapter } from "./create-adapter";
export { setupPrimary } from "./setup-primary";
export { drain } from "./drain";
export { Emitter } from "./emitter";
export { ClusterAdapterError, RequestTimeoutError } from "./errors";
export type { EmitterOperator, EmitterSocket } from "./emitter-operator";
export type {
  AdapterOptions,
  DrainOptions,
  EmitterOptions,
  PrimaryOptions,
  RestartOptions,
} from "./options";
export type {
  NodeEvent,
  OverflowEvent,
  PrimaryEvents,
  RestartEvent,
  RestoreEvent,
  WireEvent,
  WorkerEvent,
  WorkerName,
} from "./primary/events";
export type {
  ClusterStats,
  RecoveryStats,
  TrafficStats,
  WorkerStats,
} from "./primary/statistics";
export type { Traffic } from "./primary/traffic";
export type { RestoreOutcome } from "./recovery/restore-outcome";
export type { PrimaryHandle } from "./setup-primary";
export type { ErrorCode } from "./errors";
