/** What a record would not keep, and how deep what it keeps may be nested. */
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

it.each<[string, unknown, unknown, string | undefined]>([
  ['a field that is new', { a: 1 }, { a: 1, b: undefined }, '.b is undefined'],
  ['a field that has become undefined', { a: 1 }, { a: undefined }, '.a is undefined'],
  ['a value in a list that has grown', [1], [1, NaN], '[1] is NaN'],
  ['a value that has moved in a list', [1, 2], [NaN, 1], '[0] is NaN'],
  ['a list that was an object', { a: { 0: 1 } }, { a: [1, undefined] }, '.a[1] is of type undefined'],
  ['an object that was a list', { a: [1] }, { a: { 0: 1n } }, '.a.0 is of type bigint'],
  ['a property of every object', {}, { constructor: Object, a: 1 }, '.constructor is of type function'],
  ['what is nowhere else', undefined, { a: [undefined] }, '.a[0] is of type undefined'],
])('finds %s', (...[, before, value, lost]) => {
  expect(lossIn(value, before)).toBe(lost);
});

it('does not look again at what is the same object as before', () => {
  const same = { looks: 0 };
  Object.defineProperty(same, 'seen', { enumerable: true, get: () => (same.looks += 1) });
  const before = { same, list: [same, 1], n: 1 };
  expect(lossIn({ same, list: [same, 2], n: 2 }, before)).toBeUndefined();
  expect(same.looks).toBe(0);
});
