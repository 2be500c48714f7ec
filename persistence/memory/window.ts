/** The duplicate window of a mailbox or log: which ids were appended lately, in its own time. */
export interface Window {
  has(id: string, now: number): boolean;
  /** Times never go back, so the oldest id is always the first one. */
  add(id: string, time: number): void;
  remove(id: string): void;
}

/** JetStream's default. */
export const defaultWindowMs = 120_000;

export function createWindow(windowMs: number): Window {
  const times = new Map<string, number>();

  function forgetBefore(limit: number): void {
    for (const [id, time] of times) {
      if (time >= limit) return;
      times.delete(id);
    }
  }

  return {
    has(id, now) {
      forgetBefore(now - windowMs);
      return times.has(id);
    },
    add: (id, time) => void times.set(id, time),
    remove: (id) => void times.delete(id),
  };
}
