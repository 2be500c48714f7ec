/** The journal against what clients were told, on cases written by hand. */
import { expect, test } from 'vitest';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import { compareJournal } from './journal.ts';
import type { ClientOperation } from './operation.ts';
import { kindOf } from './sent.ts';
import { createStory, draft, order, registry, unanswered } from './story.ts';

const kind = kindOf(registry, order);
const story = createStory();
const operations: readonly ClientOperation[] = [
  story.tell({ command: 'create', body: draft, at: [0, 1] }),
  story.tell({ command: 'place', at: [2, 3] }),
  story.tell({ command: 'place', at: [4, 5] }),
];

function entry(given: Partial<JournalEntry> & { version: number }): JournalEntry {
  return {
    ...{
      id: `e${given.version}`,
      kind: 'order',
      actor: 'o1',
      chart: 1,
      at: 0,
      event: { type: 'order.place' },
    },
    ...{ outcome: 'accepted', from: given.version - 1 || null, to: given.version },
    ...{
      source: { from: 'outside', subject: `c${given.version}`, roles: [], warehouses: [] },
      cause: `c${given.version}`,
    },
    ...given,
  };
}

const refused = entry({
  ...{ version: 2, outcome: 'refused', reason: 'unhandled', from: 2, to: 2, cause: 'c3' },
  source: { from: 'outside', subject: 'c3', roles: [], warehouses: [] },
});
const created = entry({ version: 1, event: { ...draft, type: 'order.create' } });
const whole = [created, entry({ version: 2 }), refused];

test('agrees with what was told', () => {
  expect(compareJournal(kind, operations, whole)).toEqual([]);
});

test('an unanswered command may be in it or not', () => {
  const [made, placed] = operations as [ClientOperation, ClientOperation];
  expect(compareJournal(kind, [made, unanswered(placed)], whole.slice(0, 2))).toEqual([]);
  expect(compareJournal(kind, [made, unanswered(placed)], whole.slice(0, 1))).toEqual([]);
});

test.each<[string, readonly JournalEntry[], RegExp]>([
  ['an accepted command that is missing', [created, refused], /place by c2 .*is not in the/],
  ['a refusal that is missing', whole.slice(0, 2), /place by c3 .*is not in the journal/],
  ['a gap', [created, entry({ version: 3 })], /its versions are 1, 3/],
  ['a version twice', [...whole, entry({ version: 2, cause: 'x' })], /its versions are 1, 2, 2/],
  ['a cause twice', [...whole, entry({ version: 3, cause: 'c2', from: 2 })], /c2 has taken effect more than/],
  [
    'what nobody sent',
    [...whole, entry({ version: 3, source: { from: 'outside', subject: 'c9', roles: [], warehouses: [] } })],
    /by c9 is in the journal, and nobody/,
  ],
  [
    'a command done twice',
    [...whole, entry({ version: 3, source: { from: 'outside', subject: 'c2', roles: [], warehouses: [] } })],
    /place by c2 is in the journal, and nobody/,
  ],
  [
    'a state that does not follow',
    [created, entry({ version: 2, from: 7 }), refused],
    /made version 2 from a state/,
  ],
])('finds %s', (_, entries, problem) => {
  expect(compareJournal(kind, operations, entries).join('\n')).toMatch(problem);
});
