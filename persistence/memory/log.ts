/** A memory server's journal or dead letters. */
import { keyOf } from '../../runtime/address.ts';
import type { Clock, Log } from '../../runtime/ports.ts';
import { step } from './step.ts';
import { createWindow } from './window.ts';

export function createMemoryLog(clock: Clock, windowMs: number): Log {
  const actors = new Map<string, { sequence: number; time: number; body: string }[]>();
  const window = createWindow(windowMs);
  let sequence = 0;
  let time = 0;

  return {
    append: ({ to, id, body }) =>
      step(() => {
        time = Math.max(time, clock.now());
        if (window.has(id, time)) return;
        window.add(id, time);
        const entries = actors.get(keyOf(to)) ?? [];
        actors.set(keyOf(to), entries);
        entries.push({ sequence: ++sequence, time, body });
      }),
    read: (of, after, limit) =>
      step(() => (actors.get(keyOf(of)) ?? []).filter((entry) => entry.sequence > after).slice(0, limit)),
  };
}
