import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { arrivals, type ClientOptions, onceEvent } from "../support/client";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { cut } from "./returning";

const HARNESS_EVENTS = ["welcome", "fence", "disconnect"];

/** Connects a client, and waits until it has a session to return to. */
export async function arrive(
  worker: TestWorker,
  {
    nsp = "/",
    rooms = [],
    ...options
  }: ClientOptions & { nsp?: string; rooms?: string[] } = {},
): Promise<Socket> {
  const client = await worker.connect(nsp, { auth: { rooms }, ...options });
  await onceEvent(client, "welcome");
  return client;
}

/** The connection of a client breaks. */
export async function lose(client: Socket): Promise<void> {
  cut(client);
  await waitFor(() => !client.connected);
}

/** Resolves when a client has received what these workers have sent before. */
export async function fence(
  client: Socket,
  workers: readonly TestWorker[],
  nsp = "/",
): Promise<void> {
  for (const worker of workers) {
    await worker.run(({ io }, name) => void io.of(name).emit("fence"), nsp);
    await onceEvent(client, "fence");
  }
}

/** The events of the test that a client has received, without their offsets, which all of them have. */
export function eventsOf(client: Socket): unknown[][] {
  return arrivals(client)
    .filter(([event]) => !HARNESS_EVENTS.includes(event as string))
    .map((args) => {
      assert.match(String(args[args.length - 1]), /^[-\w]{6}\.[-\w]{8}$/);
      return args.slice(0, -1);
    });
}
