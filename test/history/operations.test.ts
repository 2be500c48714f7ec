/** Requests become operations: what one key was told, and what certainly was not done. */
import { describe, expect, test } from 'vitest';
import { operationsOf } from './operations.ts';
import type { Answer, Call } from './recorder.ts';

const principal = { subject: 'c1', roles: ['cs'], warehouses: ['*'] };
let clock = 0;

function call(given: Partial<Call> & { answer: Answer }): Call {
  const base = { principal, actor: 'orders/o1', command: 'place', body: '{}' };
  return { ...base, invoked: ++clock, returned: ++clock, ...given };
}

function status(code: number, body: object, replayed = false): Answer {
  return { status: code, replayed, text: JSON.stringify(body) };
}

const lost: Answer = { lost: 'ECONNRESET', sent: true };
const applied = status(200, { version: 2, state: 'active' });

describe('one operation', () => {
  test('from the first attempt that may have arrived to the first that was answered', () => {
    const attempts = [
      call({ key: 'k', answer: status(503, { type: '/problems/unavailable' }) }),
      call({ key: 'k', answer: { lost: 'ECONNREFUSED', sent: false } }),
      call({ key: 'k', answer: lost, returned: Infinity }),
      call({ key: 'k', answer: applied }),
      call({ key: 'k', answer: applied }),
    ];
    const { operations, problems } = operationsOf(attempts);
    expect(problems).toEqual([]);
    expect(operations).toMatchObject([
      { invoked: attempts[2]?.invoked, returned: attempts[3]?.returned, claim: 2, key: 'k' },
    ]);
  });

  test('that may have been done, where nobody was answered', () => {
    const { operations } = operationsOf([call({ key: 'k', answer: lost, returned: Infinity })]);
    expect(operations).toMatchObject([
      { returned: Infinity, optional: true, result: { outcome: 'unknown' } },
    ]);
  });

  test('that goes on under the key that it was told', () => {
    const promised = call({ answer: status(202, { id: 'made' }) });
    const later = call({ key: 'made', answer: status(200, { version: 9 }, true) });
    const { operations } = operationsOf([promised, later]);
    // The view is the present one: it does not tell which version this was.
    expect(operations).toMatchObject([{ invoked: promised.invoked, result: { outcome: 'accepted' } }]);
    expect(operations[0]).not.toHaveProperty('claim');
  });
});

test('what was certainly not done, and reads without an answer, are none', () => {
  const calls = [
    call({ answer: status(503, { type: '/problems/unavailable' }) }),
    call({ answer: { lost: 'ECONNREFUSED', sent: false } }),
    call({ command: 'read', answer: lost }),
    call({ command: 'read', answer: status(503, { type: '/problems/unavailable' }) }),
  ];
  expect(operationsOf(calls).operations).toEqual([]);
});

test('without a key each request is one by itself', () => {
  const calls = [call({ answer: lost, returned: Infinity }), call({ answer: applied })];
  expect(operationsOf(calls).operations).toHaveLength(2);
});

test.each([
  ['another version', status(200, { version: 3 }, true)],
  ['a refusal', status(409, { type: '/problems/illegal-transition', state: 'active' }, true)],
  ['another view', status(200, { version: 2, state: 'draft' }, true)],
])('finds that the same key was told %s', (_, other) => {
  const { problems } = operationsOf([call({ key: 'k', answer: applied }), call({ key: 'k', answer: other })]);
  expect(problems).toHaveLength(1);
});
