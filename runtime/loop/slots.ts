/** How many calls go to one target at once. The others wait, in the order in which they came. */

export interface Slots {
  /** Resolves to true once there is one, which the caller then frees; to false if stopped before. */
  take(signal: AbortSignal): Promise<boolean>;
  free(): void;
}

export function createSlots(max: number): Slots {
  const waiting = new Set<() => void>();
  let taken = 0;
  return {
    take(signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (taken < max) {
        taken += 1;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const leave = (): void => {
          waiting.delete(enter);
          resolve(false);
        };
        const enter = (): void => {
          signal.removeEventListener('abort', leave);
          resolve(true);
        };
        waiting.add(enter);
        signal.addEventListener('abort', leave, { once: true });
      });
    },
    free() {
      const [next] = waiting;
      if (next === undefined) {
        taken -= 1;
        return;
      }
      // It goes from hand to hand: nobody who comes now gets in between.
      waiting.delete(next);
      next();
    },
  };
}
