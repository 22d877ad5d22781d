import createDebug from "debug";

/**
 * The loggers of this library: `DEBUG=socket.io-cluster-adapter:*` shows them all. They never print what users send.
 */
export const debugWorker = createDebug("socket.io-cluster-adapter:worker");
export const debugPrimary = createDebug("socket.io-cluster-adapter:primary");
export const debugRecovery = createDebug("socket.io-cluster-adapter:recovery");
