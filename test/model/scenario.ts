import type { Limits } from "./model-primary";
import type { WorkerSettings } from "./model-worker";
import type { World } from "./world";

/** Something that may happen next. */
export interface Step {
  /** What happens, in one line. It tells the step from all others that are possible at the same time. */
  readonly name: string;
  /** To whom it happens. In between, what happens to other parties makes no difference to them. */
  readonly parties: readonly string[];
  /** Whether it may take any time. All else takes less than a second. */
  readonly isSlow?: boolean;
  /** Whether a worker reads what the primary has sent. */
  readonly isRead?: boolean;
  /** What a reader would like to know, too. */
  readonly details?: () => string;
  run(): void | Promise<void>;
}

/** What is done next in one thread of a scenario: one of some steps. */
export interface Move {
  /** To whom it may happen; `undefined` for anyone. */
  readonly parties: readonly string[] | undefined;
  /** Whether the client may lose its connection by it. */
  readonly cutsOff?: boolean;
  steps(world: World): Step[];
}

export interface Scenario {
  readonly name: string;
  readonly workers: Readonly<Record<number, WorkerSettings>>;
  /** Those that are there from the beginning. */
  readonly initial: readonly number[];
  /** What is done, in that order within each thread. */
  readonly threads: ReadonlyArray<readonly Move[]>;
  readonly limits?: Limits;
  /** The worker whose channel is so full that what is written into it is under way until it is read. */
  readonly slow?: number;
  /** Whether several messages may arrive with one read. */
  readonly hasBulkReads?: boolean;
  /** Where the client is first, and to which workers it may return. */
  readonly client?: {
    readonly at?: number;
    readonly homes: readonly number[];
    /** Whether it may be away for more than a second. */
    readonly mayStayAway?: boolean;
  };
  /** Whether all workers deliver in one order. */
  readonly isOrdered: boolean;
  /** Whether the client has to be recovered whenever it returns. */
  readonly mustRecover?: boolean;
  /** Whether a worker may be so slow that its client is given to another one before it has let it go. */
  readonly hasHungWorker?: boolean;
}

export const PRIMARY = "primary";
export const CLIENT = "client";

export function workerParty(id: number): string {
  return `worker ${id}`;
}
