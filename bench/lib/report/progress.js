"use strict";
/**
 * What a run shows while it goes on.
 */
const { METRICS } = require("./metrics");

class Progress {
  #startedAt = Date.now();
  #rounds;

  constructor(rounds) {
    this.#rounds = rounds;
  }

  run(round, workload, { title }, contender, figures) {
    const shown = workload.metrics
      .filter((metric) => metric in figures)
      .map((metric) => {
        const { title: name, write } = METRICS[metric];
        return `${write(figures[metric])} ${name}`;
      });
    this.#line(
      round,
      `${workload.name}: ${title}`,
      contender.title,
      shown.join("; "),
    );
  }

  failure({ round, workload, contender, reason, ...failure }) {
    this.#line(
      round,
      `${workload}: ${failure.case ?? "start"}`,
      contender,
      `FAILED: ${reason}`,
    );
  }

  skip(round, { workload, workers }) {
    this.#line(
      round,
      `${workload.name}: ${workers} workers`,
      "left out: no time left",
    );
  }

  #line(round, ...texts) {
    const seconds = Math.round((Date.now() - this.#startedAt) / 1000);
    const head = `${String(seconds).padStart(4)} s  ${round}/${this.#rounds}`;
    console.log(`${head}  ${texts.join(" | ")}`);
  }
}

module.exports = { Progress };
