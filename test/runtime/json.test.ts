/** How deep what a record keeps may be nested. */
import { expect, it } from 'vitest';
import { lossIn } from '../../runtime/core/json.ts';

function nested(levels: number, wrap: (inner: unknown) => unknown, inner: unknown = wrap(0)): unknown {
  return levels === 1 ? inner : nested(levels - 1, wrap, wrap(inner));
}

it.each<[string, (inner: unknown) => unknown]>([
  ['lists', (inner) => [inner]],
  ['objects', (inner) => ({ inner })],
  ['lists and objects', (inner) => ({ inner: [inner] })],
])('takes %s of 41 levels, and no deeper ones', (name, wrap) => {
  const levels = name === 'lists and objects' ? 20 : 41;
  expect(lossIn(nested(levels, wrap))).toBeUndefined();
  expect(lossIn(nested(levels + 1, wrap))).toMatch(/ contains itself, or is nested without end$/);
});

it('ends on a list that contains itself', () => {
  const list: unknown[] = [];
  list.push(list);
  expect(lossIn(list)).toMatch(/^(\[0\])+ contains itself, or is nested without end$/);
});
