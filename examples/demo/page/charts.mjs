/**
 * The last minute: what passes through the primary, as bands on top of each other, and what waits there.
 */
import uPlot from "./uplot.js";
import { colorName, onSchemeChange, valueOf } from "./colors.mjs";
import { element } from "./dom.mjs";

const SECONDS = 60;
const HEIGHT = 150;

export class Charts {
  #samples = [];
  #key;
  #rates = new Chart(element("rates"), { isStacked: true, minMax: 10 });
  #backlog = new Chart(element("backlog"), { isStacked: false, minMax: 10 });

  constructor() {
    onSchemeChange(() => this.#draw());
  }

  add(...samples) {
    // the history of a new tab arrives next to what happens meanwhile
    const byTime = new Map(
      [...this.#samples, ...samples].map((sample) => [sample.at, sample]),
    );
    const latest = Math.max(...byTime.keys());
    this.#samples = [...byTime.values()]
      .filter(({ at }) => at >= latest - SECONDS * 1000)
      .sort((a, b) => a.at - b.at);
    this.#draw();
  }

  #showKey(ids) {
    if (String(ids) === this.#key) {
      return;
    }
    this.#key = String(ids);
    const items = ids.map((id) => {
      const item = document.createElement("li");
      item.style.setProperty("--color", `var(${colorName(id)})`);
      item.textContent = `worker ${id}`;
      return item;
    });
    element("key").replaceChildren(...items);
  }

  #draw() {
    const samples = this.#samples;
    const latest = samples[samples.length - 1]?.at;
    const times = samples.map(({ at }) => (at - latest) / 1000);
    const ids = [
      ...new Set(samples.flatMap(({ workers }) => workers.map(({ id }) => id))),
    ].sort((a, b) => a - b);
    const valuesOf = (key) =>
      ids.map((id) =>
        samples.map(({ workers }) => {
          const worker = workers.find((worker) => worker.id === id);
          return worker ? key(worker) : null;
        }),
      );
    this.#showKey(ids);
    this.#rates.draw(
      ids,
      times,
      valuesOf(({ rate }) => rate),
    );
    this.#backlog.draw(
      ids,
      times,
      valuesOf(({ backlog }) => backlog.messages),
    );
  }
}

class Chart {
  #container;
  #options;
  #plot;
  #key;

  constructor(container, options) {
    this.#container = container;
    this.#options = options;
    new ResizeObserver(() => this.#plot?.setSize(this.#size)).observe(
      container,
    );
  }

  get #size() {
    return { width: this.#container.clientWidth, height: HEIGHT };
  }

  draw(ids, times, values) {
    const data = [times, ...(this.#options.isStacked ? stack(values) : values)];
    const key = JSON.stringify([ids, valueOf("--ink")]);
    if (this.#plot && key === this.#key) {
      this.#plot.setData(data);
      return;
    }
    this.#key = key;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#describe(ids), data, this.#container);
  }

  #describe(ids) {
    const { isStacked, minMax } = this.#options;
    const axis = {
      stroke: valueOf("--muted"),
      grid: { stroke: valueOf("--line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    return {
      ...this.#size,
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: [-SECONDS, 0] },
        y: { range: (_, __, max) => [0, Math.max(minMax, max * 1.1)] },
      },
      axes: [
        {
          ...axis,
          size: 24,
          values: (_, ticks) => ticks.map((s) => (s === 0 ? "now" : `${s} s`)),
        },
        { ...axis, size: 44 },
      ],
      series: [
        {},
        ...ids.map((id) => {
          const color = valueOf(colorName(id));
          return {
            label: `Worker ${id}`,
            stroke: isStacked ? undefined : color,
            fill: `${color}${isStacked ? "99" : "33"}`,
            width: isStacked ? 0 : 1.5,
            points: { show: false },
          };
        }),
      ],
      // each band from its own upper edge to that of the one below
      bands: isStacked
        ? ids.slice(1).map((_, index) => ({ series: [index + 2, index + 1] }))
        : [],
    };
  }
}

/** Each series on top of those before it. A worker that is not there adds nothing. */
function stack(values) {
  const sums = [];
  return values.map((series) =>
    series.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return sums[index];
    }),
  );
}
