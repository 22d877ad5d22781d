/** Fuzzes a target in another process, and ends it when it makes no progress any more. */
import { fork } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { deserialize, serialize } from "node:v8";

export const FAILURES = resolve(__dirname, "../failures");
// of the heap, in MiB
const MAX_HEAP = 512;

export interface Attack {
  /** The name of the target. */
  readonly target: string;
  readonly seed: number;
  /** How long, in ms. */
  readonly duration: number;
  /** Which check is taken away before. */
  readonly fault?: string;
  /** Where the code is that counts. */
  readonly code?: string;
  /** The file with the input that was run last. */
  readonly note: string;
}

/** How it goes, and in the end how it went. */
export interface News {
  readonly executions: number;
  readonly kept: number;
  /** Of the code that has run. */
  readonly bytes: number;
  readonly recorded?: number;
  readonly files?: ReadonlyArray<[string, { covered: number; total: number }]>;
  readonly failure?:
    { readonly text: string; readonly steps: readonly unknown[] } | undefined;
}

export interface GuardOptions extends Omit<Attack, "note"> {
  /** After which time with the same input the process hangs, in ms. */
  readonly patience?: number;
  readonly onProgress?: (news: News) => void;
}

let attacks = 0;

/** @returns how it went */
export async function attack({
  patience = 30_000,
  onProgress,
  ...rest
}: GuardOptions): Promise<News> {
  mkdirSync(FAILURES, { recursive: true });
  const note = resolve(
    FAILURES,
    `${rest.target}-${rest.seed}-${process.pid}-${attacks++}.last.bin`,
  );
  writeFileSync(note, serialize([]));
  const child = fork(
    resolve(__dirname, "attack.js"),
    [JSON.stringify({ ...rest, note })],
    {
      execArgv: [`--max-old-space-size=${MAX_HEAP}`],
      serialization: "advanced",
    },
  );
  let news: News = { executions: 0, kept: 0, bytes: 0 };
  let cause = "";
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(timer);
    const { mtimeMs } = statSync(note);
    timer = setTimeout(() => {
      if (statSync(note).mtimeMs === mtimeMs) {
        cause = `no progress within ${patience} ms`;
        child.kill("SIGKILL");
      } else {
        // a slow machine
        watch();
      }
    }, patience);
  };
  child.on("message", (message) => {
    news = message as News;
    onProgress?.(news);
    watch();
  });
  const [[code, signal]] = (await Promise.all([
    once(child, "exit"),
    // what it has said last has been read
    once(child, "disconnect"),
  ])) as [[number | null, string | null], []];
  clearTimeout(timer);
  if (news.files === undefined) {
    cause = cause || `the process has ended: ${String(signal ?? code)}`;
    const steps = deserialize(readFileSync(note)) as unknown[];
    news = { ...news, failure: { text: cause, steps } };
  }
  rmSync(note, { force: true });
  return news;
}
