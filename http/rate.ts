/** How much one caller may ask: a token bucket each. */
import type { Clock } from '../runtime/ports.ts';

/** Seconds to wait before the next request; 0: go on. */
export type RateLimit = (subject: string) => number;

interface Bucket {
  tokens: number;
  filledAt: number;
}

const callersMax = 50_000;

/** `perSecond` requests a second, as many at once; 0: no limit. */
export function createRateLimit(perSecond: number, clock: Clock): RateLimit {
  if (perSecond <= 0) return () => 0;
  const burst = Math.max(1, perSecond);
  const buckets = new Map<string, Bucket>();

  return (subject) => {
    const now = clock.now();
    let bucket = buckets.get(subject);
    if (bucket === undefined) {
      if (buckets.size >= callersMax) dropFull(buckets, now - (burst / perSecond) * 1000);
      buckets.set(subject, (bucket = { tokens: burst, filledAt: now }));
    }
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.filledAt) / 1000) * perSecond);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
    bucket.tokens -= 1;
    return 0;
  };
}

/** Who has not asked for so long has a full bucket again: forgetting it changes nothing. */
function dropFull(buckets: Map<string, Bucket>, before: number): void {
  for (const [subject, { filledAt }] of buckets) if (filledAt <= before) buckets.delete(subject);
}
