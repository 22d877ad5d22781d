import { resolve } from "node:path";
import type { TestCluster } from "../../support/cluster";
import type { Emission, Flavour, Question } from "./plan";

/** A packet as a client receives it. */
export interface Letter {
  /** Who has sent it when: names an emission. */
  readonly op: string;
  /** Its number there. */
  readonly i: number;
  /** Its place among all that its process has sent. */
  readonly t: number;
  readonly body?: unknown;
}

export interface SentEmission extends Pick<
  Emission,
  "flavour" | "nsp" | "rooms" | "except" | "count" | "every"
> {
  readonly op: string;
}

interface Dance {
  readonly op: string;
  readonly nsp: string;
  readonly names: readonly string[];
  readonly room: string;
}

export interface AckOutcome {
  readonly names: string[];
  readonly error?: string;
}

/** What `test/fixtures/chaos/agent.js` does in the workers and in the primary. */
interface Agent {
  takeReceived(): (Letter & { nsp: string })[];
  /** The numbers of workers that were taken out of the cluster, and of those that have come back. */
  overflows(): { overflows: number[]; resumes: number[] };
  emit(emission: SentEmission): Promise<(AckOutcome | null)[]>;
  dance(dance: Dance): void;
  ask(question: Question, nsp: string): Promise<unknown>;
  rename(
    nsp: string,
    names: readonly string[],
    rooms: readonly (readonly string[])[],
  ): void;
  sockets(nsp: string): { id: string; name: string; rooms: string[] }[];
  health(): { namespaces: string[]; waiting: number; intervals: number };
  farewell(nsp: string, name: string, op: string): void;
  block(ms: number): void;
  slow(ms: number): Promise<void>;
  /** Closes the server, and the process behind it. */
  close(how: "exit" | "disconnect"): Promise<void>;
  /** Closes the server; tells the numbers of listeners of the process now, and before there was a server, and of intervals. */
  closeServer(): Promise<{ before: string; after: string; intervals: number }>;
  misuse(): Promise<string[]>;
  garbage(seed: number, hasNode: boolean): void;
}

const PATH = resolve(__dirname, "../../../test/fixtures/chaos/agent");

export interface Performer {
  run<Args extends unknown[], Result>(
    task: (
      context: { require: NodeJS.Require },
      ...args: Args
    ) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Awaited<Result>>;
}

/** Has a worker or the primary do something. */
export function perform<Name extends keyof Agent>(
  who: Performer,
  name: Name,
  ...args: Parameters<Agent[Name]>
): Promise<Awaited<ReturnType<Agent[Name]>>> {
  return who.run(
    ({ require }, path, method, list) => {
      const agent = require(path) as Record<
        string,
        (...all: unknown[]) => unknown
      >;
      return agent[method]?.(...list);
    },
    PATH,
    name as string,
    args as unknown[],
  ) as Promise<Awaited<ReturnType<Agent[Name]>>>;
}

/** Lets the primary take part, too. */
export function enlist(primary: TestCluster["primary"]): Promise<void> {
  return primary.run(({ require, Emitter, handle }, path) => {
    const { attachPrimary } = require(path) as {
      attachPrimary(...all: unknown[]): void;
    };
    attachPrimary(Emitter, handle);
  }, PATH);
}

interface Letters {
  /** Whether what has arrived is what was sent. */
  isWhole(letter: Letter, flavour: Flavour): boolean;
}

export const letters =
  require("../../../test/fixtures/chaos/letters") as Letters;
