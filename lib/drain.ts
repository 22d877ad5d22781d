import { invalidOption } from "./errors";
import { resolveDrainOptions, type DrainOptions } from "./options";
import type { Connection, RestingServer, SocketIoServer } from "./socket-io";

// in ms
const SLICE = 100;

/**
 * Brings a server to rest before its worker ends: it takes no new connections, and closes those that it has in slices, at
 * random moments. The clients connect again, to other workers, and are recovered there where connection state recovery is
 * on. `handle.restart()` does it for each worker; an application with a process manager of its own calls it.
 *
 * @param io - the server
 * @param opts - additional options
 * @returns a promise that resolves when no connection is left
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on an unknown key, a wrong type or range, or what is no server
 */
export async function drain(
  io: SocketIoServer,
  opts: DrainOptions = {},
): Promise<void> {
  const { duration } = resolveDrainOptions(opts);
  if (typeof Object(io).of !== "function") {
    throw invalidOption('the "io" of drain()', io, "a server of Socket.IO");
  }
  const { httpServer, engine } = io as SocketIoServer & RestingServer;
  if (httpServer?.listening) {
    httpServer.close();
  }
  if (engine === undefined) {
    return;
  }
  engine.opts.allowRequest = (_, callback) =>
    callback("the server is about to end", false);

  const connections = shuffled(Object.values(engine.clients));
  const slices = Math.max(1, Math.floor(duration / SLICE));
  for (let slice = 0; slice < slices; slice++) {
    const next = connections.splice(
      0,
      Math.ceil(connections.length / (slices - slice)),
    );
    if (engine.clientsCount === 0) {
      return;
    }
    next.forEach((connection) =>
      setTimeout(() => connection.close(), Math.random() * SLICE),
    );
    await new Promise((resolve) => setTimeout(resolve, SLICE));
  }
  // who has not taken what was sent to it, or came at the last moment
  Object.values(engine.clients).forEach((connection) => connection.close(true));
}

function shuffled(connections: Connection[]): Connection[] {
  return connections
    .map((connection) => ({ connection, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ connection }) => connection);
}
