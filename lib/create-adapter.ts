import { NodeClusterAdapter } from "./adapter";
import { resolveAdapterOptions, type AdapterOptions } from "./options";
import type { Namespace } from "./socket-io";

/**
 * Returns a function that Socket.IO calls to create the adapter of each namespace: `io.adapter(createAdapter())`, in
 * each worker of a cluster whose primary has called `setupPrimary()`.
 *
 * @param opts - additional options
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on a wrong type or range; the function that it returns throws
 *   `ERR_NO_IPC_CHANNEL` in a process that has no primary
 * @see https://nodejs.org/api/cluster.html
 */
export function createAdapter(
  opts: AdapterOptions = {},
): (nsp: Namespace) => NodeClusterAdapter {
  const options = resolveAdapterOptions(opts);
  // not an arrow function: Socket.IO calls it with "new"
  return function (nsp: Namespace) {
    return new NodeClusterAdapter(nsp, options);
  };
}
