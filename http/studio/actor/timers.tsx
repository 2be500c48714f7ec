/** What happens next by itself, and in how long. */
import { useEffect, useState } from 'react';
import type { View } from '../api.ts';
import { duration, time } from '../words.ts';

export function Timers({ timers }: Pick<View, 'timers'>) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(tick);
  }, []);
  if (timers.length === 0) return null;
  return (
    <>
      <h3>Next by itself</h3>
      <ul>
        {timers.map(({ event, at }) => (
          <li key={event}>
            {nameOf(event)} in{' '}
            <time dateTime={at} title={time(at)}>
              {duration(Date.parse(at) - now)}
            </time>
          </li>
        ))}
      </ul>
    </>
  );
}

/** `xstate.after.closing.order.active.execution.delivered` → `closing` */
function nameOf(event: string): string {
  return /^xstate\.after\.([^.]+)/.exec(event)?.[1] ?? event;
}
