/**
 * The ways between the box of the primary and those of the workers.
 */

// how far the two lanes of a way are from its middle
const LANE = 5;

/** Where a box is, whatever an animation does to it. */
export function placeOf({ offsetLeft, offsetTop, offsetWidth, offsetHeight }) {
  return {
    left: offsetLeft,
    top: offsetTop,
    bottom: offsetTop + offsetHeight,
    x: offsetLeft + offsetWidth / 2,
    y: offsetTop + offsetHeight / 2,
  };
}

/** From the primary to a box: to its upper edge in the first row, and between the boxes above it to its side otherwise. */
export function routeTo(place, primary, firstRow, isColumn, side) {
  const shift = side * LANE;
  const middle = (primary.bottom + firstRow) / 2 - shift;
  const isFirst = place.top === firstRow && !isColumn;
  const x = isFirst ? place.x + shift : place.left - 11 + shift;
  const points = [
    { x: primary.x + shift, y: primary.bottom },
    { x: primary.x + shift, y: middle },
    { x, y: middle },
    ...(isFirst
      ? [{ x, y: place.top }]
      : [
          { x, y: place.y - shift },
          { x: place.left, y: place.y - shift },
        ]),
  ];
  let length = 0;
  for (let i = 1; i < points.length; i++) {
    length += distance(points[i - 1], points[i]);
  }
  return { points, length };
}

export function pointAt(points, way) {
  let left = way;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const size = distance(a, b);
    if (left <= size && size > 0) {
      const share = left / size;
      return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
    }
    left -= size;
  }
  return points[points.length - 1];
}

function distance(a, b) {
  return Math.hypot(b.x - a.x, b.y - a.y);
}
