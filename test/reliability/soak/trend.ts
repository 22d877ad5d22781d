/** Whether a series grows: a slope that a few outliers do not move, and how certain it is. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Trend {
  /** The median of the slopes between each two points (Theil and Sen). */
  readonly slope: number;
  /** Between these two it is, with a confidence of 95 %. */
  readonly low: number;
  readonly high: number;
  readonly median: number;
}

const Z_95 = 1.96;

/** @see https://www.itl.nist.gov/div898/software/dataplot/refman1/auxillar/theilsen.htm */
export function trendOf(points: readonly Point[]): Trend {
  const slopes: number[] = [];
  points.forEach((from, i) =>
    points.slice(i + 1).forEach((to) => {
      if (to.x !== from.x) {
        slopes.push((to.y - from.y) / (to.x - from.x));
      }
    }),
  );
  slopes.sort((a, b) => a - b);
  const n = points.length;
  const margin = Z_95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const rank = (position: number) =>
    slopes[
      Math.min(Math.max(Math.round(position), 0), slopes.length - 1)
    ] as number;
  return {
    slope: medianOf(slopes),
    low: rank((slopes.length - margin) / 2),
    high: rank((slopes.length + margin) / 2),
    median: medianOf(points.map(({ y }) => y).sort((a, b) => a - b)),
  };
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  return (
    ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) /
    2
  );
}

interface Tolerance {
  /** What may be gained over the time of the points, as a share of their median. */
  readonly share: number;
  /** The same, absolute. Whichever is more counts. */
  readonly least: number;
}

/** Whether a growth is certain, and more than noise would explain. */
export function isGrowth(
  points: readonly Point[],
  { share, least }: Tolerance,
): boolean {
  const { slope, low, median } = trendOf(points);
  const xs = points.map(({ x }) => x);
  const gained = slope * (Math.max(...xs) - Math.min(...xs));
  return low > 0 && gained > Math.max(least, share * median);
}

/** Whether a series that goes up and down by large steps goes higher in its second half than it ever did in its first. */
export function hasHigherPeak(
  points: readonly Point[],
  { share, least }: Tolerance,
): boolean {
  const middle = Math.ceil(points.length / 2);
  const peak = (part: readonly Point[]) => Math.max(...part.map(({ y }) => y));
  const before = peak(points.slice(0, middle));
  const gained = peak(points.slice(middle)) - before;
  return gained > Math.max(least, share * before);
}
