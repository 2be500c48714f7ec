/** What lies in, over and across what, in pixels. */
import type { Area, Point } from '../../../http/diagram/layout.ts';

/** Rounding of the layout, pixels. */
const slack = 0.01;

export function covers(outer: Area, inner: Area): boolean {
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.width <= outer.x + outer.width + slack &&
    inner.y + inner.height <= outer.y + outer.height + slack
  );
}

export function overlap(one: Area, other: Area): boolean {
  return (
    one.x + slack < other.x + other.width &&
    other.x + slack < one.x + one.width &&
    one.y + slack < other.y + other.height &&
    other.y + slack < one.y + one.height
  );
}

export function segments(points: readonly Point[]): [Point, Point][] {
  return points.slice(1).map((to, index) => [points[index] as Point, to]);
}

export function crosses(from: Point, to: Point, leaf: Area): boolean {
  const along = {
    x: Math.min(from.x, to.x),
    y: Math.min(from.y, to.y),
    width: Math.abs(from.x - to.x),
    height: Math.abs(from.y - to.y),
  };
  return overlap(
    { ...along, width: along.width + 2 * slack, height: along.height + 2 * slack },
    {
      x: leaf.x + 1,
      y: leaf.y + 1,
      width: leaf.width - 2,
      height: leaf.height - 2,
    },
  );
}
