export { createAdapter, NodeClusterAdapter } from "./adapter";
export { setupPrimary } from "./setup-primary";
export { ClusterAdapterError } from "./errors";
export type { AdapterOptions, PrimaryOptions } from "./options";
export type { PrimaryHandle } from "./setup-primary";
export type { ErrorCode } from "./errors";
