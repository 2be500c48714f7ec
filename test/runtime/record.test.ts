/** The stored state of an actor over versions of its chart (I9). */
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ActorDefinition, ChartSnapshot } from '../../runtime/definition.ts';
import { parseRecord, recordText } from '../../runtime/core/record.ts';
import { createRegistry, type Kind } from '../../runtime/core/registry.ts';
import { counter, regions } from '../support/charts.ts';
import { fromActor } from '../support/messages.ts';
import { actor } from '../support/turns.ts';

function kindOf(definition: ActorDefinition): Kind {
  const kind = createRegistry([definition]).get(definition.kind);
  if (kind === undefined) throw new Error('just registered');
  return kind;
}

const counting = (change: (context: Record<string, number>) => object) => (snapshot: ChartSnapshot) => ({
  ...snapshot,
  context: change(snapshot.context as Record<string, number>),
});

/** The same chart, some versions later; a state more, so that its hash differs. */
function later(version: number, migrations: ActorDefinition['migrations']): ActorDefinition {
  return { ...counter, version, migrations };
}

const add = fromActor('counter/a1', { type: 'counter.add', by: 3 });

test('goes to text and back without loss', () => {
  const it = actor(regions);
  for (const name of ['on', 'left', 'right', 'off', 'deep']) {
    it.take(fromActor('regions/a1', `regions.${name}`));
    const before = it.record();
    const text = it.text();
    it.reload();
    expect(it.text()).toBe(text);
    expect(it.record().terms).toEqual(before.terms);
  }
});

test('carries chart version and hash, and is found by status, states and fields', () => {
  const it = actor(counter, { input: { limit: 3 } });
  expect(JSON.parse(it.text())).toMatchObject({ chart: { version: 1, hash: kindOf(counter).hash } });
  expect(it.record().terms).toEqual(['status=active', 'state=open']);
  it.take(add);
  expect(it.record().terms).toEqual(['status=active', 'state=open', 'full=yes']);
});

test('is found by every state that contains the one it is in', () => {
  const it = actor(regions);
  for (const name of ['on', 'right']) it.take(fromActor('regions/a1', `regions.${name}`));
  expect(it.record().terms).toEqual(
    expect.arrayContaining(['state=on', 'state=on.right', 'state=on.right.two', 'state=on.right.two.a']),
  );
});

test('migrates step by step, in order, and is stored as the newest version', () => {
  const text = actor(counter).text();
  const kind = kindOf(
    later(4, {
      1: counting(({ count = 0, ...rest }) => ({ ...rest, count: count + 1 })),
      2: counting(({ count = 0, ...rest }) => ({ ...rest, count: count * 10 })),
      3: counting(({ count = 0, ...rest }) => ({ ...rest, count: count + 2 })),
    }),
  );
  const record = parseRecord(text, kind);
  expect(record.snapshot.context).toMatchObject({ count: 12 });
  expect(JSON.parse(recordText(record, kind))).toMatchObject({ version: 1, chart: { version: 4 } });
});

test('starts at the version that it was stored by', () => {
  const kind = (version: number) =>
    kindOf(
      later(version, {
        1: counting(() => ({ migrated: 1 })),
        ...(version > 2
          ? { 2: counting((context) => ({ ...context, migrated: (context['migrated'] ?? 0) + 1 })) }
          : {}),
      }),
    );
  const second = parseRecord(actor(counter).text(), kind(2));
  const third = parseRecord(recordText(second, kind(2)), kind(3));
  expect(third.snapshot.context).toEqual({ migrated: 2 });
});

test('says which migration is missing', () => {
  const kind = { ...kindOf(counter), definition: later(3, { 1: (snapshot) => snapshot }) };
  expect(() => parseRecord(actor(counter).text(), kind)).toThrow(/counter\/a1.*no migration from version 2/);
});

test('does not run a chart that has changed without a new version', () => {
  const kind = { ...kindOf(counter), hash: 'another' };
  expect(() => parseRecord(actor(counter).text(), kind)).toThrow(/changed without a new version/);
});

test('does not run a record of a newer chart', () => {
  const it = actor({ ...counter, version: 2, migrations: { 1: (snapshot) => snapshot } });
  expect(() => parseRecord(it.text(), kindOf(counter))).toThrow(/stored by chart version 2.*runs version 1/);
});

const context = z.object({ count: z.number(), limit: z.number() });

test('does not run a context that lacks a field, or has another kind of value in it', () => {
  const text = actor(counter).text();
  const kind = kindOf({ ...counter, context });
  expect(parseRecord(text, kind).snapshot.context).toEqual(
    parseRecord(text, kindOf(counter)).snapshot.context,
  );
  for (const damaged of [text.replace('"count":0', '"sum":0'), text.replace('"count":0', '"count":"0"')]) {
    expect(damaged).not.toBe(text);
    expect(() => parseRecord(damaged, kind)).toThrow(
      /counter\/a1: its stored context does not fit.* count: /,
    );
    expect(parseRecord(damaged, kindOf(counter)).snapshot.status).toBe('active');
  }
});

test('looks at a context as its migration has left it', () => {
  const text = actor(counter).text();
  const renamed = { ...later(2, { 1: counting(({ count, ...rest }) => ({ ...rest, sum: count })) }) };
  const needs = z.object({ sum: z.number() });
  expect(parseRecord(text, kindOf({ ...renamed, context: needs })).snapshot.context).toMatchObject({
    sum: 0,
  });
  expect(() => parseRecord(text, kindOf({ ...renamed, context }))).toThrow(/context does not fit/);
});

test('does not run a migrated state that the chart does not have', () => {
  const kind = kindOf(later(2, { 1: (snapshot) => ({ ...snapshot, value: 'gone' }) }));
  expect(() => parseRecord(actor(counter).text(), kind)).toThrow(/does not exist in the chart/);
});

test('says what a migration throws', () => {
  const kind = kindOf(
    later(2, {
      1: () => {
        throw new Error('cannot be migrated');
      },
    }),
  );
  expect(() => parseRecord(actor(counter).text(), kind)).toThrow(/cannot be migrated/);
});

test.each([
  ['no JSON', '{'],
  ['another shape', '{"kind":"counter"}'],
  ['a field more', (text: string) => text.replace('{', '{"extra":1,')],
  [
    'a deadline that is no number',
    (text: string) =>
      text.replace('"timers":{}', '"timers":{"t":{"event":{"type":"x"},"at":null,"token":"t"}}'),
  ],
])('a text with %s is no record', (_, change) => {
  const text = typeof change === 'string' ? change : change(actor(counter).text());
  expect(() => parseRecord(text, kindOf(counter))).toThrow(/does not parse/);
});
