/** Answers as text: what is kept for a known id, and what comes back for it. */
import { expect, test } from 'vitest';
import { answerText, bareAnswerText, parseAnswer, replayOf, type Head } from '../../runtime/core/answer.ts';

const accepted: Head = {
  outcome: 'accepted',
  event: 'counter.add',
  version: 3,
  created: false,
  fingerprint: 'f1',
};
const view = '{"id":"c1","note":"a\\nb"}';

test('an answer goes to text and back, with a view or without', () => {
  for (const answer of [{ head: accepted, view }, { head: accepted }, { head: accepted, view: '' }]) {
    expect(parseAnswer(answerText(answer))).toEqual(answer);
  }
});

test('the view is passed on as it was written', () => {
  expect(answerText({ head: accepted, view })).toBe(`${JSON.stringify(accepted)}\n${view}`);
});

test.each<[string, Head, object]>([
  ['what became of it', accepted, accepted],
  [
    'why it was refused',
    {
      ...{ outcome: 'refused', event: 'counter.add', reason: 'guard', version: 2, state: 'open' },
      fingerprint: 'f1',
      ...{ allowed: ['counter.close'], guards: ['hasRoom'] },
    },
    { outcome: 'refused', event: 'counter.add', reason: 'guard', fingerprint: 'f1', allowed: [] },
  ],
  [
    'its dead letter',
    { outcome: 'dead', event: 'counter.add', cause: 'a bug', deadLetter: 'm1' },
    { outcome: 'dead', event: 'counter.add', cause: 'a bug', deadLetter: 'm1' },
  ],
])('of a bare answer only %s is kept', (_, head, expected) => {
  expect(JSON.parse(bareAnswerText({ head, view }))).toEqual(expected);
});

test('a replay is the stored answer, and says so', () => {
  const stored = answerText({ head: accepted, view });
  expect(replayOf(stored, 'f1', 'counter.add')).toEqual({ head: { ...accepted, replayed: true }, view });
});

test('a key that was used for another body is not replayed', () => {
  const stored = answerText({ head: accepted, view });
  const reused = { head: { outcome: 'key-reused', event: 'counter.tell' } };
  expect(replayOf(stored, 'f2', 'counter.tell')).toEqual(reused);
  expect(replayOf(stored, undefined, 'counter.tell')).toEqual(reused);
});

test('a bare answer is replayed to the command that it answered, and to no other', () => {
  const stored = bareAnswerText({ head: accepted, view });
  expect(replayOf(stored, 'f1', 'counter.add').head).toEqual({ ...accepted, replayed: true });
  expect(replayOf(stored, 'f2', 'counter.add').head.outcome).toBe('key-reused');
});
