import { Session } from "node:inspector";

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface ScriptCoverage {
  readonly url: string;
  readonly functions: ReadonlyArray<{ readonly ranges: readonly Range[] }>;
}

/** Which bytes of which functions have run. */
export type Covered = Map<string, Uint8Array>;

// a byte that is in no function
const NONE = 2;

/** What V8 says of the code that has run, block by block. */
export class Coverage {
  /** All that was added. */
  readonly #covered: Covered = new Map();
  readonly #session = new Session();
  readonly #folder: string;
  /** Where the functions of each file begin and end. */
  readonly #functions = new Map<string, Map<number, number>>();
  #byteCount = 0;

  /** @param folder - where the code is that counts */
  constructor(folder: string) {
    this.#folder = folder;
  }

  start(): void {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", {
      callCount: true,
      detailed: true,
    });
  }

  /** The number of bytes that have run so far. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** How much of the functions of each file has run, in bytes. */
  get files(): Map<string, { covered: number; total: number }> {
    const files = new Map<string, { covered: number; total: number }>();
    for (const [name, functions] of this.#functions) {
      const bytes = new Uint8Array(Math.max(0, ...functions.values())).fill(
        NONE,
      );
      // those within others come later
      const starts = Array.from(functions.keys()).sort((a, b) => a - b);
      for (const start of starts) {
        const known = this.#covered.get(`${name}:${start}`);
        bytes.set(
          known ?? new Uint8Array(functions.get(start)! - start),
          start,
        );
      }
      const covered = bytes.filter((byte) => byte === 1).length;
      const total = bytes.filter((byte) => byte !== NONE).length;
      files.set(name, { covered, total });
    }
    return files;
  }

  /** What has run since the last time. */
  take(): Covered {
    const { result } = this.#post("Profiler.takePreciseCoverage") as {
      result: ScriptCoverage[];
    };
    const covered: Covered = new Map();
    for (const { url, functions } of result) {
      const at = url.indexOf(this.#folder);
      if (at < 0) {
        continue;
      }
      const name = url.slice(at + this.#folder.length + 1);
      const ends = this.#functions.get(name) ?? new Map<number, number>();
      this.#functions.set(name, ends);
      for (const { ranges } of functions) {
        const { startOffset, endOffset, count } = ranges[0]!;
        if (startOffset === 0) {
          // the file as a whole
          continue;
        }
        ends.set(startOffset, endOffset);
        if (count > 0) {
          const bytes = new Uint8Array(endOffset - startOffset);
          // those within others come later
          for (const range of ranges) {
            bytes.fill(
              range.count > 0 ? 1 : 0,
              range.startOffset - startOffset,
              range.endOffset - startOffset,
            );
          }
          covered.set(`${name}:${startOffset}`, bytes);
        }
      }
    }
    return covered;
  }

  /** Whether something has run that never had before. */
  isNew(covered: Covered): boolean {
    for (const [key, bytes] of covered) {
      const known = this.#covered.get(key);
      if (known === undefined) {
        return true;
      }
      for (let i = 0; i < bytes.length; i++) {
        if (bytes[i]! > known[i]!) {
          return true;
        }
      }
    }
    return false;
  }

  add(covered: Covered): void {
    for (const [key, bytes] of covered) {
      const known = this.#covered.get(key) ?? new Uint8Array(bytes.length);
      this.#covered.set(key, known);
      bytes.forEach((byte, i) => {
        if (byte > known[i]!) {
          known[i] = 1;
          this.#byteCount++;
        }
      });
    }
  }

  #post(method: string, params: object = {}): unknown {
    let outcome: unknown;
    let failure: Error | null = null;
    // it answers at once, as it is in the same thread
    this.#session.post(method, params, (error, value) => {
      failure = error;
      outcome = value;
    });
    if (failure !== null) {
      throw failure as Error;
    }
    return outcome;
  }
}
