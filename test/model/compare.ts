/** What is otherwise than it should be, in words; undefined: nothing. */
import { isDeepStrictEqual } from 'node:util';
import { isObject } from './found.ts';
import type { Answer } from './stage.ts';

/** An answer with a view: the fields given, and the ETag. */
export function compareView(
  { status, etag, body }: Answer,
  expected: number,
  view: Answer['body'],
): string | undefined {
  if (status !== expected) return `answered ${status}, not ${expected}: ${JSON.stringify(body)}`;
  if (etag !== `"${String(view['version'])}"`)
    return `the ETag is ${etag ?? 'missing'}, not "${String(view['version'])}"`;
  const different = Object.keys(view).filter((name) => !isDeepStrictEqual(body[name], view[name]));
  const details = different.map(
    (name) => `${name} is ${JSON.stringify(body[name])}, not ${JSON.stringify(view[name])}`,
  );
  return details.length === 0 ? undefined : details.join('; ');
}

/** An answer with a problem: the fields given. The names of guards have no order; `a|b` is one of the two. */
export function compareProblem(
  { status, body }: Answer,
  expected: number,
  fields: Answer['body'],
): string | undefined {
  if (status !== expected) return `answered ${status}, not ${expected}: ${JSON.stringify(body)}`;
  const wrong = Object.entries(fields).filter(([name, value]) => {
    if (name !== 'guard') return !isDeepStrictEqual(body[name], value);
    return !areNamed(String(body[name]).split(', '), value as string[]);
  });
  const details = wrong.map(
    ([name, value]) => `${name} is ${JSON.stringify(body[name])}, not ${JSON.stringify(value)}`,
  );
  return details.length === 0 ? undefined : details.join('; ');
}

function areNamed(given: readonly string[], expected: readonly string[]): boolean {
  const choices = expected.map((names) => names.split('|'));
  return (
    choices.every((names) => names.some((name) => given.includes(name))) &&
    given.every((name) => choices.some((names) => names.includes(name)))
  );
}

/** Texts of JSON, in order, and none too many. */
export function compareLists(
  what: string,
  one: readonly string[],
  other: readonly string[],
): string | undefined {
  const [given, expected] = [one.map(sorted), other.map(sorted)];
  const index = expected.findIndex((text, at) => text !== given[at]);
  const at = index === -1 && given.length > expected.length ? expected.length : index;
  if (at === -1) return undefined;
  return `${what} ${at + 1} of ${expected.length} is\n  ${given[at] ?? 'missing'}, not\n  ${expected[at] ?? 'there'}`;
}

/** JSON with its keys in order. */
function sorted(text: string): string {
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** Of a record: all but what depends on when and where it was played. */
export function comparable(text: string): unknown {
  const record = JSON.parse(text) as Record<string, unknown> | null;
  if (record === null) return null;
  const {
    sequence: _sequence,
    createdAt: _createdAt,
    updatedAt: _updatedAt,
    since: _since,
    chart: _chart,
    ...rest
  } = record;
  const timers = Object.entries(record['timers'] as Record<string, { event: unknown; token: unknown }>);
  const activities = Object.entries(record['activities'] as Record<string, { startedAt: unknown }>);
  return {
    ...rest,
    timers: timers.map(([name, { event, token }]) => ({ name, event, token })),
    activities: activities.map(([name, { startedAt: _startedAt, ...activity }]) => ({ name, ...activity })),
  };
}
