/** Lines over time as an SVG that follows the reader's light or dark colours. */
import type { Point } from "./trend";

interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** Up to there, nothing counts. */
  readonly warmUp: number;
}

const WIDTH = 760;
const HEIGHT = 300;
const LEFT = 60;
const RIGHT = 110;
const TOP = 44;
const BOTTOM = 36;
const TICKS = 5;

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; font-size: 14px; }
    .axis { stroke: #d0d7de; }
    .warm-up { fill: #8c959f; opacity: 0.15; }
    polyline { fill: none; stroke-width: 1.5; }
    .line-0 { stroke: #0969da; }
    .line-1 { stroke: #1a7f37; }
    .line-2 { stroke: #9a6700; }
    .line-3 { stroke: #8250df; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .axis { stroke: #3d444d; }
      .line-0 { stroke: #4c9bf5; }
      .line-1 { stroke: #3fb950; }
      .line-2 { stroke: #d29922; }
      .line-3 { stroke: #ab7df8; }
    }
  `;

/** `x` in minutes. */
export function lineChart({ title, unit, lines, warmUp }: Chart): string {
  const points = lines.flatMap((line) => line.points);
  const maxX = Math.max(...points.map(({ x }) => x));
  const step = niceStep(Math.max(...points.map(({ y }) => y)) / TICKS);
  const maxY = step * Math.ceil(Math.max(...points.map(({ y }) => y)) / step);
  const left = (x: number) => px(LEFT + (x / maxX) * (WIDTH - LEFT - RIGHT));
  const top = (y: number) =>
    px(HEIGHT - BOTTOM - (y / maxY) * (HEIGHT - TOP - BOTTOM));

  const grid = Array.from({ length: Math.round(maxY / step) + 1 }, (_, i) => {
    const y = i * step;
    return (
      `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${top(y)}" y2="${top(y)}"/>` +
      `<text x="${LEFT - 8}" y="${top(y) + 5}" text-anchor="end">${px(y)}</text>`
    );
  });
  const times = [0, maxX / 2, maxX].map(
    (x) =>
      `<text x="${left(x)}" y="${HEIGHT - 12}" text-anchor="middle">${px(x)} min</text>`,
  );
  const drawn = lines.map((line, i) => {
    const path = line.points.map(({ x, y }) => `${left(x)},${top(y)}`);
    return `<polyline class="line-${i}" points="${path.join(" ")}"/>`;
  });
  const names = lines.map((line, i) => {
    const y = TOP + 10 + i * 20;
    return (
      `<line class="line-${i}" stroke-width="3" x1="${WIDTH - RIGHT + 10}" x2="${WIDTH - RIGHT + 26}" y1="${y}" y2="${y}"/>` +
      `<text x="${WIDTH - RIGHT + 32}" y="${y + 5}">${line.name}</text>`
    );
  });

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
  <title>${title}</title>
  <style>${STYLE}</style>
  <text class="title" x="10" y="22">${title}, ${unit}</text>
  <rect class="warm-up" x="${LEFT}" y="${TOP}" width="${px(left(warmUp) - LEFT)}" height="${HEIGHT - TOP - BOTTOM}"/>
  ${[...grid, ...times, ...drawn, ...names].join("\n  ")}
</svg>
`;
}

/** 1, 2 or 5 times a power of ten, not less than that. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((n) => n * power >= least) ?? 10);
}

function px(value: number): number {
  return Number(value.toFixed(1));
}
