/** How long charts wait where nothing else is configured. */
import { expect, it } from 'vitest';
import { defaultDurations } from '../../machines/durations.ts';

it('waits for days where people decide, and for minutes where actors answer', () => {
  const minutes = Object.entries(defaultDurations).map(([name, ms]) => [name, ms / 60_000]);
  expect(Object.fromEntries(minutes)).toEqual({
    draftExpiry: 30 * 24 * 60,
    accountOverdue: 5,
    stopOverdue: 5,
    closing: 14 * 24 * 60,
  });
});
