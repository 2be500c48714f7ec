/** The checker on histories written by hand: what it must accept, and every way to be wrong that it must find. */
import { describe, expect, test } from 'vitest';
import { chartModel } from './chart-model.ts';
import { explain } from './check.ts';
import { linearize } from './linearize.ts';
import type { ClientOperation, InternalOperation, Operation } from './operation.ts';
import { answered, createStory, draft, order, registry, unanswered, type Story } from './story.ts';

const model = chartModel(registry, order);

function judged(operations: readonly Operation[]): string {
  const verdict = linearize(operations, model);
  return verdict.verdict === 'not linearizable' ? explain(verdict.stuck) : verdict.verdict;
}

const wrong = /no place for/;

/** A draft, made at 0. */
function begun(): { story: Story; created: ClientOperation } {
  const story = createStory();
  return { story, created: story.tell({ command: 'create', body: draft, at: [0, 1] }) };
}

const hold = (handle: string) => ({ command: 'hold', body: { handle, reason: 'looks odd' } });

describe('accepts', () => {
  test('one operation after the other, refusals and absence too', () => {
    const story = createStory();
    const told = [
      story.tell({ command: 'read', at: [0, 1] }),
      story.tell({ command: 'create', body: draft, at: [2, 3] }),
      story.tell({ command: 'create', body: draft, at: [4, 5] }),
      story.tell({ command: 'release', body: { handle: 'fraud' }, at: [6, 7] }),
      story.tell({ command: 'place', ifMatch: 7, at: [8, 9] }),
      story.tell({ command: 'place', ifMatch: 1, at: [10, 11] }),
      story.tell({ command: 'place', at: [12, 13] }),
      story.tell({ command: 'read', at: [14, 15] }),
    ];
    const outcomes = told.map(({ result }) => ('reason' in result ? result.reason : result.outcome));
    expect(outcomes).toEqual([
      ...['read', 'accepted', 'exists', 'unhandled'],
      ...['stale', 'accepted', 'unhandled', 'read'],
    ]);
    expect(judged(told)).toBe('linearizable');
  });

  test('operations that overlap, in whichever order they took effect', () => {
    const { story, created } = begun();
    const placed = story.tell({ command: 'place', at: [4, 20] });
    const supplied = story.supply();
    const held = story.tell({ ...hold('fraud'), at: [3, 19] });
    const read = story.tell({ command: 'read', at: [2, 18] });
    expect(judged([created, read, held, placed, ...supplied])).toBe('linearizable');
  });

  test('an unanswered command that took effect, and one that never did', () => {
    const { story, created } = begun();
    const placed = unanswered(story.tell({ command: 'place', at: [2, 3] }));
    const read = story.tell({ command: 'read', at: [10, 11] });
    expect(judged([created, placed, read])).toBe('linearizable');
    const { story: other } = begun();
    const unchanged = other.tell({ command: 'read', at: [10, 11] });
    expect(judged([created, placed, unchanged])).toBe('linearizable');
  });

  test('an unanswered command that takes effect long after it was sent', () => {
    const { story, created } = begun();
    const before = story.tell({ command: 'read', at: [10, 11] });
    const placed = unanswered(story.tell({ command: 'place', at: [2, 3] }));
    const after = story.tell({ command: 'read', at: [20, 21] });
    expect(judged([created, placed, before, after])).toBe('linearizable');
  });

  test('an accepted command whose version was not told', () => {
    const { story, created } = begun();
    const placed = answered(story.tell({ command: 'place', at: [2, 3] }), { outcome: 'accepted' });
    const supplied = story.supply();
    const held = story.tell({ ...hold('fraud'), at: [4, 5] });
    expect(judged([created, placed, ...supplied, held])).toBe('linearizable');
  });
});

describe('finds', () => {
  test('a stale read', () => {
    const { story, created } = begun();
    const stale = story.tell({ command: 'read', at: [10, 11] });
    const placed = story.tell({ command: 'place', at: [2, 3] });
    expect(judged([created, placed, stale])).toMatch(
      /after 2 operations .*: read by c2 \[10–11\] → version 1\n.*version 2 /,
    );
  });

  test('reads that go back', () => {
    const { story, created } = begun();
    const older = story.tell({ command: 'read', at: [12, 13] });
    const placed = unanswered(story.tell({ command: 'place', at: [2, 3] }));
    const newer = story.tell({ command: 'read', at: [10, 11] });
    expect(judged([created, placed, newer, older])).toMatch(wrong);
  });

  test('an answer from the future', () => {
    const { story, created } = begun();
    const placed = story.tell({ command: 'place', at: [10, 11] });
    const early = story.tell({ command: 'read', at: [2, 3] });
    expect(judged([created, early, placed])).toMatch(wrong);
  });

  test('a lost update: two that were answered with the same version', () => {
    const { story, created } = begun();
    const placed = story.tell({ command: 'place', at: [2, 3] });
    const supplied = story.supply();
    const held = story.tell({ ...hold('fraud'), at: [4, 5] });
    expect(judged([created, placed, ...supplied, held])).toBe('linearizable');
    const { story: other } = begun();
    other.tell({ command: 'place', at: [2, 3] });
    other.supply();
    const alsoHeld = other.tell({ ...hold('address'), at: [4, 6] });
    expect(judged([created, placed, ...supplied, held, alsoHeld])).toMatch(wrong);
  });

  test('an acknowledged write that nothing shows', () => {
    const { story, created } = begun();
    const placed = story.tell({ command: 'place', at: [2, 3] });
    const { story: other } = begun();
    const unchanged = other.tell({ command: 'read', at: [4, 5] });
    expect(judged([created, placed, unchanged])).toMatch(wrong);
  });

  test('one command that took effect twice', () => {
    const { story, created } = begun();
    const changed = story.tell({
      ...{ command: 'change-address', body: { shipTo: draft.shipTo } },
      at: [2, 3],
    });
    story.tell({ command: 'change-address', body: { shipTo: draft.shipTo }, at: [2, 3] });
    const read = story.tell({ command: 'read', at: [4, 5] });
    expect(judged([created, changed, read])).toMatch(wrong);
    expect(judged([created, unanswered(changed), read])).toMatch(wrong);
  });

  test('a refusal that was not possible at any point', () => {
    const { story, created } = begun();
    const placed = story.tell({ command: 'place', at: [2, 3] });
    const refused = story.tell({ command: 'place', at: [4, 5] });
    expect(judged([created, placed, refused])).toBe('linearizable');
    expect(judged([created, { ...refused, invoked: 1.2, returned: 1.5 }, placed])).toMatch(wrong);
  });

  test('a refusal with another reason or another state than the chart has', () => {
    const { story, created } = begun();
    const refused = story.tell({ ...hold('fraud'), at: [2, 3] });
    const { result } = refused;
    if (result.outcome !== 'refused') throw new Error('a draft cannot be held');
    expect(judged([created, refused])).toBe('linearizable');
    for (const other of [{ reason: 'guard' as const }, { state: 'active' }, { allowed: [] }])
      expect(judged([created, answered(refused, { ...result, ...other })])).toMatch(wrong);
  });

  test('two that were answered in the other order than real time has', () => {
    const { story, created } = begun();
    const placed = story.tell({ command: 'place', at: [1.1, 1.2] });
    const supplied = story.supply();
    const first = story.tell({ ...hold('fraud'), at: [6, 7] });
    const second = story.tell({ ...hold('address'), at: [4, 5] });
    expect(judged([created, placed, ...supplied, first, second])).toMatch(wrong);
    expect(judged([created, placed, ...supplied, { ...first, invoked: 4 }, second])).toBe('linearizable');
  });

  test('an unanswered command that took effect before it was sent', () => {
    const { story, created } = begun();
    const placed = unanswered(story.tell({ command: 'place', at: [10, 11] }));
    const read = story.tell({ command: 'read', at: [4, 5] });
    expect(judged([created, placed, read])).toMatch(wrong);
  });

  test('a view that is not the one of its version', () => {
    const { story, created } = begun();
    const placed = story.tell({ command: 'place', at: [2, 3] });
    const { result } = placed;
    if (result.outcome !== 'accepted' || result.view === undefined) throw new Error('it is placed');
    const view = { ...result.view, context: { ...(result.view.context as object), currency: 'USD' } };
    expect(judged([created, answered(placed, { ...result, view })])).toMatch(wrong);
  });
});

test('places what no client has sent where the journal has it', () => {
  const { story, created } = begun();
  const placed = story.tell({ command: 'place', at: [1.1, 1.2] });
  const [first] = story.supply();
  if (first === undefined) throw new Error('an order is told where its goods are');
  const internal = (version: number): InternalOperation => ({
    ...first,
    entry: { ...first.entry, version },
    claim: version,
  });
  const read = { ...placed, command: 'read', invoked: 20, returned: 21 };
  const shown = answered(read, { outcome: 'read', view: { version: 3, state: { holding: 'asking' } } });
  expect(judged([created, placed, internal(3), shown])).toBe('linearizable');
  expect(judged([created, placed, shown])).toMatch(wrong);
  expect(judged([created, placed, internal(4)])).toMatch(/no place for: what the journal tells/);
  expect(judged([created, placed, internal(2)])).toMatch(wrong);
});

test('says so when it has not decided within its bound', () => {
  const { story, created } = begun();
  const placed = story.tell({ command: 'place', at: [2, 3] });
  expect(linearize([created, placed], model, 0).verdict).toBe('undecided');
});
