/** Payloads from schemas: edges, options, and what the context holds. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { foundIn } from './found.ts';
import { samplesOf } from './pattern.ts';
import { payloadsOf } from './payloads.ts';

test('numbers come at their edges, and beside those in the context', () => {
  const schema = z.strictObject({ quantity: z.int().min(1).max(9) });
  expect(payloadsOf(schema).map(({ quantity }) => quantity)).toEqual([1, 2, 9]);
  const found = foundIn({ lines: [{ quantity: 5 }] }, 'order');
  expect(payloadsOf(schema, { found }).map(({ quantity }) => quantity)).toEqual([5, 6, 4, 1, 2, 9]);
});

test('a field whose name ends the name of one in the context takes its values', () => {
  const found = foundIn({ addressRevision: 3 }, 'order');
  const all = payloadsOf(z.strictObject({ revision: z.int().min(1) }), { found });
  expect(all.map(({ revision }) => revision)).toEqual(expect.arrayContaining([2, 3, 4]));
});

test('texts keep to their limits and patterns', () => {
  const schema = z.strictObject({
    text: z.string().trim().min(2).max(4),
    code: z.string().regex(/^[A-Z]{3}$/),
  });
  const all = payloadsOf(schema);
  expect(all).toContainEqual({ text: 'll', code: 'AAA' });
  expect(all).toContainEqual({ text: 'llll', code: 'AAA' });
});

test('a salt makes texts that the context does not have', () => {
  const schema = z.strictObject({ handle: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/) });
  const found = foundIn({ holds: [{ handle: 'a1' }] }, 'order');
  const handles = [1, 2, 3].flatMap((salt) =>
    payloadsOf(schema, { found, salt }).map(({ handle }) => handle),
  );
  expect(handles).toEqual(expect.arrayContaining(['a1', 'a2', 'a3']));
});

test('optional fields are there and not, every option of a union and an enumeration comes', () => {
  const schema = z.strictObject({
    note: z.string().optional(),
    by: z.union([z.literal('customer'), z.int().min(7).max(7)]),
    mode: z.enum(['up', 'down']),
  });
  const all = payloadsOf(schema);
  expect(all.some((payload) => 'note' in payload)).toBe(true);
  expect(all.some((payload) => !('note' in payload))).toBe(true);
  expect(new Set(all.map(({ by }) => by))).toEqual(new Set(['customer', 7]));
  expect(new Set(all.map(({ mode }) => mode))).toEqual(new Set(['up', 'down']));
});

test('a list takes the objects of a list in the context, with one of their numbers', () => {
  const picked = z.strictObject({ lineId: z.string(), quantity: z.int().min(1) });
  const context = {
    lines: [
      { lineId: 'l1', assigned: 3, cut: 0 },
      { lineId: 'l2', assigned: 4, cut: 0 },
    ],
  };
  const all = payloadsOf(z.strictObject({ lines: z.array(picked).min(1) }), {
    found: foundIn(context, 'fulfillment'),
  });
  const lines = [
    { lineId: 'l1', quantity: 3 },
    { lineId: 'l2', quantity: 4 },
  ];
  expect(all).toContainEqual({ lines });
});

test('a table takes the keys and values that the context has under its name', () => {
  const book = z.strictObject({ assigned: z.int().min(0), shipped: z.int().min(0) });
  const schema = z.strictObject({ fulfillmentId: z.string(), lines: z.record(z.string(), book) });
  const context = { fulfillments: { f1: { lines: { l1: { assigned: 2, shipped: 0 } } } } };
  const all = payloadsOf(schema, { found: foundIn(context, 'order') });
  expect(all).toContainEqual({ fulfillmentId: 'f1', lines: { l1: { assigned: 2, shipped: 2 } } });
});

test.each([
  ['^[A-Za-z0-9_-][A-Za-z0-9_~#:-]{0,199}$', 1, 200],
  ['^(?:ab|c){2}$', 2, 4],
  ['^\\d{4}-\\d\\d-\\d\\d$', 10, 10],
  ['^[^a]x+$', 2, 5],
])('%s has samples of %i and %i characters', (source, least, most) => {
  const lengths = samplesOf(source).map(({ length }) => length);
  expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([least, most]);
});

test('nothing is made for a pattern that is not understood', () => {
  expect(samplesOf('^(?=.*x)(?=.*y)[xy]{2}$')).toEqual([]);
});

test('a tuple has the values of each place, with its optional places and what may follow', () => {
  const pairs = payloadsOf(z.strictObject({ pair: z.tuple([z.string().min(2), z.int().min(1).max(3)]) }));
  expect(pairs).toEqual(
    expect.arrayContaining([{ pair: ['model', 1] }, { pair: ['ll', 1] }, { pair: ['model', 3] }]),
  );
  const optional = payloadsOf(z.strictObject({ pair: z.tuple([z.literal('a'), z.literal('b').optional()]) }));
  expect(optional).toEqual([{ pair: ['a', 'b'] }, { pair: ['a'] }]);
  const more = payloadsOf(z.strictObject({ all: z.tuple([z.literal('a')], z.literal('b')) }));
  expect(more).toEqual([{ all: ['a'] }, { all: ['a', 'b'] }]);
  expect(payloadsOf(z.strictObject({ none: z.tuple([]) }))).toEqual([{ none: [] }]);
});

test('a tuple that the context has is taken whole', () => {
  const schema = z.strictObject({ place: z.tuple([z.int().min(0), z.int().min(0)]) });
  const found = foundIn({ place: [51, 7], places: ['51', 7] }, 'order');
  expect(payloadsOf(schema, { found })[0]).toEqual({ place: [51, 7] });
});

test('a field that takes no value is left out; if it must be there, nothing is made', () => {
  expect(payloadsOf(z.strictObject({ a: z.literal(1), b: z.never().optional() }))).toEqual([{ a: 1 }]);
  expect(payloadsOf(z.strictObject({ a: z.literal(1), b: z.tuple([z.never()]) }))).toEqual([]);
});
