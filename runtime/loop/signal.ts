/** Wakes the one loop that waits; a wake-up while nobody waits is remembered. */
export interface Signal {
  fire(): void;
  wait(): Promise<void>;
}

export function createSignal(): Signal {
  let fired = false;
  let wake: (() => void) | undefined;
  return {
    fire() {
      fired = true;
      wake?.();
    },
    async wait() {
      if (!fired) await new Promise<void>((resolve) => (wake = resolve));
      fired = false;
      wake = undefined;
    },
  };
}
