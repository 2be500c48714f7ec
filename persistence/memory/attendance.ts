/** Which nodes live, as they have said. */
import type { Clock } from '../../runtime/ports.ts';

/** As `Store.attend`. */
export function createAttendance(clock: Clock): (node: string, ms: number) => number {
  const deadlines = new Map<string, number>();
  return (node, ms) => {
    const now = clock.now();
    deadlines.set(node, now + ms);
    for (const [each, deadline] of deadlines) if (deadline <= now) deadlines.delete(each);
    return deadlines.size;
  };
}
