/** How clients lose their connections, and come back to a worker that they choose. */
import type { Socket } from "socket.io-client";
import type { Ticket } from "../support/client";
import { within } from "../support/wait";

/** How long a client may take on a busy machine, in ms. */
export const LONG = 40_000;

/** What a client keeps for its return, and what lies below it. */
interface Internals {
  _pid: string | undefined;
  _lastOffset: string | undefined;
  readonly io: {
    uri: string;
    readonly engine: {
      close(): void;
      readonly transport: {
        readonly name: string;
        readonly ws?: { terminate(): void; pause(): void };
        /** Of long-polling: asks for what there is. */
        _poll?(): void;
      };
    };
  };
}

function internals(client: Socket): Internals {
  return client as unknown as Internals;
}

export function ticketOf(client: Socket): Ticket {
  const { _pid, _lastOffset } = internals(client);
  if (_pid === undefined || _lastOffset === undefined) {
    throw new Error("the client has no session to return to");
  }
  return { pid: _pid, offset: _lastOffset };
}

/** Gives a client that is not connected yet the session of another one. */
export function giveTicket(client: Socket, { pid, offset }: Ticket): void {
  Object.assign(internals(client), { _pid: pid, _lastOffset: offset });
}

/** The connection breaks, without a goodbye where the transport allows for that. */
export function cut(client: Socket): void {
  const { engine } = internals(client).io;
  const { ws } = engine.transport;
  if (ws) {
    ws.terminate();
  } else {
    engine.close();
  }
}

/** The connection stays open, and nothing is read from it any more. Returns what ends it. */
export function freeze(client: Socket): () => void {
  const { transport } = internals(client).io.engine;
  const { ws } = transport;
  ws?.pause();
  transport._poll = () => {};
  return () => {
    client.disconnect();
    // it would wait for an answer, which it does not read
    ws?.terminate();
  };
}

/** Comes back, to a worker or a port in front of all of them, once the connection is lost. */
export async function returnTo(
  client: Socket,
  { url }: { url: string },
): Promise<void> {
  internals(client).io.uri = url;
  await connected(client);
}

/** Connects; rejects if that fails. */
export async function connected(client: Socket): Promise<void> {
  let clear = () => {};
  const outcome = new Promise<void>((resolve, reject) => {
    const onLost = (reason: string) => reject(new Error(reason));
    client.on("connect", resolve);
    client.on("connect_error", reject);
    client.on("disconnect", onLost);
    clear = () => {
      client.off("connect", resolve);
      client.off("connect_error", reject);
      client.off("disconnect", onLost);
    };
  });
  client.connect();
  try {
    await within(outcome, { deadline: LONG, message: "a client connects" });
  } finally {
    clear();
  }
}
