import { expect, test } from 'vitest';
import { createDeadLetters } from '../../runtime/reading/dead-letters.ts';
import { createManualClock, settled } from '../support/clock.ts';
import { createCutLog } from '../support/cut-log.ts';

test('many large letters are not read in one go', async () => {
  const clock = createManualClock();
  const log = createCutLog(clock);
  const letters = createDeadLetters(log, clock);
  const message = JSON.stringify('x'.repeat(100_000));
  for (let n = 0; n < 20; n++)
    log.put(JSON.stringify({ id: `${n}`, at: 0, to: { kind: 'order', id: 'o' }, cause: 'c', message }));
  let known: readonly unknown[] | undefined;
  void letters.all().then((all) => (known = all));
  await settled();
  expect([known, log.reads()]).toEqual([undefined, 1]);
  await clock.until(() => known !== undefined);
  expect(known).toHaveLength(20);
});

test('letters in place of a lost tail are known, however many there are by then', async () => {
  const clock = createManualClock();
  const log = createCutLog(clock);
  const letters = createDeadLetters(log, clock);
  const park = (id: string): void =>
    log.put(JSON.stringify({ id, at: 0, to: { kind: 'order', id }, cause: 'c', message: '{}' }));
  const known = async (): Promise<string[]> => (await letters.all()).map(({ id }) => id);
  for (const id of ['a1', 'a2', 'a3']) park(id);
  expect(await known()).toEqual(['a3', 'a2', 'a1']);
  log.cut(1);
  for (const id of ['b2', 'b3', 'b4']) park(id);
  expect(await known()).toEqual(['b4', 'b3', 'b2', 'a1']);
  log.cut(0);
  expect(await known()).toEqual([]);
});
