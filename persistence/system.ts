/** The real clock and real randomness; the simulator has its own. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, Random } from '../runtime/ports.ts';

/** `setTimeout` takes at most 2^31 − 1 ms; a longer wait is cut into pieces. */
const longestMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, action) {
    let timer: NodeJS.Timeout;
    function wait(left: number): void {
      timer = setTimeout(
        () => (left > longestMs ? wait(left - longestMs) : action()),
        Math.min(left, longestMs),
      );
    }
    wait(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  id: () => randomUUID().replaceAll('-', ''),
};
