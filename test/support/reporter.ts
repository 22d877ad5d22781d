import { type MochaOptions, type Runner, type Suite, reporters } from "mocha";

interface Line {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * One line per suite of the first level, or of the second where the first holds suites only; then every failure in
 * full; then, as the very last line, the totals.
 */
class Reporter extends reporters.Base {
  readonly #lines = new Map<Suite, Line>();

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.on("pass", (test) => this.#count(test.parent, "passed"));
    runner.on("fail", (test) => this.#count(test.parent, "failed"));
    runner.on("pending", (test) => this.#count(test.parent, "skipped"));
    runner.on("suite end", (suite) => this.#print(suite));
    runner.once("end", () => this.#summary());
  }

  #count(parent: Suite | undefined, outcome: keyof Line): void {
    for (let suite = parent; suite; suite = suite.parent) {
      const line = this.#lines.get(suite) ?? {
        passed: 0,
        failed: 0,
        skipped: 0,
      };
      line[outcome]++;
      this.#lines.set(suite, line);
    }
  }

  #print(suite: Suite): void {
    const path = suite.titlePath();
    const line = this.#lines.get(suite);
    if (line && isHeading(suite)) {
      const mark = line.failed > 0 ? "FAIL" : "ok  ";
      console.log(`${mark} ${path.join(" > ")}: ${format(line)}`);
    }
  }

  #summary(): void {
    if (this.failures.length > 0) {
      reporters.Base.list(this.failures);
    }
    const { passes, failures, pending } = this.stats;
    console.log(format({ passed: passes, failed: failures, skipped: pending }));
  }
}

function isHeading(suite: Suite): boolean {
  const { parent } = suite;
  if (!parent) {
    return false;
  }
  return parent.root
    ? suite.tests.length > 0
    : Boolean(parent.parent?.root) && parent.tests.length === 0;
}

function format({ passed, failed, skipped }: Line): string {
  const tail = skipped > 0 ? `, ${skipped} skipped` : "";
  return `${passed} passed, ${failed} failed${tail}`;
}

export = Reporter;
