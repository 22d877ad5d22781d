import assert from "node:assert/strict";
import fc from "fast-check";
import { type Point, hasHigherPeak, isGrowth, trendOf } from "./trend";

const TOLERANCE = { share: 0.02, least: 1 };

function series(count: number, y: (x: number) => number): Point[] {
  return Array.from({ length: count }, (_, x) => ({ x, y: y(x) }));
}

/** Noise between -1 and 1. */
function noise(seed: number, count: number): number[] {
  const value = fc.noBias(fc.integer({ min: -1_000, max: 1_000 }));
  const values = fc.array(value, {
    minLength: count,
    maxLength: count,
    size: "max",
  });
  const [sample] = fc.sample(values, { seed, numRuns: 1 });
  return (sample as number[]).map((n) => n / 1_000);
}

describe("a trend", () => {
  it("is the slope of a line", () => {
    const { slope, low, high, median } = trendOf(series(5, (x) => 3 * x + 1));
    assert.deepEqual([slope, low, high, median], [3, 3, 3, 7]);
  });

  it("is not moved by a few outliers", () => {
    const points = series(41, (x) => (x % 10 === 0 ? 1_000 : x));
    assert.ok(Math.abs(trendOf(points).slope - 1) < 0.01);
  });

  it("is growth where a series grows under its noise", () => {
    for (let seed = 0; seed < 20; seed++) {
      const own = noise(seed, 100);
      const points = series(100, (x) => 100 + x / 10 + (own[x] as number) * 3);
      assert.ok(isGrowth(points, TOLERANCE));
    }
  });

  it("is no growth where there is noise only, or less", () => {
    for (let seed = 0; seed < 20; seed++) {
      const own = noise(seed, 100);
      for (const slope of [0, -0.1]) {
        const points = series(
          100,
          (x) => 100 + slope * x + (own[x] as number) * 3,
        );
        assert.ok(!isGrowth(points, TOLERANCE));
      }
    }
  });

  it("is no growth where it is certain, and too small to matter", () => {
    assert.ok(
      !isGrowth(
        series(100, (x) => 100 + x / 100),
        TOLERANCE,
      ),
    );
  });
});

describe("a peak", () => {
  const tolerance = { share: 0.1, least: 1 };

  it("is higher where a series with large steps grows", () => {
    const points = series(100, (x) => (x % 20 < 10 ? 80 : 120) + x / 2);
    assert.ok(hasHigherPeak(points, tolerance));
  });

  it("is not higher where it only comes back to where it was", () => {
    const points = series(100, (x) => (x % 40 < 20 ? 120 : 80));
    assert.ok(!hasHigherPeak(points, tolerance));
    assert.ok(
      !hasHigherPeak(
        series(100, (x) => (x > 60 ? 110 : 120)),
        tolerance,
      ),
    );
  });
});
