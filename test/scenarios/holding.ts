/** Messages between actors that are under way for as long as a test wants. */
import type { Backend } from '../../runtime/ports.ts';
import { meddle } from '../support/faults.ts';

export interface Holding {
  readonly wrap: (backend: Backend) => Backend;
  /** From now on messages of this type do not arrive. */
  hold(type: string): void;
  /** How many are held back, those that were sent again included. */
  count(): number;
  /** All arrive, in the order in which they were sent. */
  release(): void;
}

export function holding(): Holding {
  let type: string | undefined;
  let waiting: (() => void)[] = [];
  return {
    wrap: (backend) =>
      meddle(backend, {
        interfere(call, pass) {
          const isAppend = call.to === 'mailbox' && call.name === 'append';
          if (!isAppend || type === undefined || !isOf(type, call.args[0])) return pass();
          return new Promise((resolve, reject) => {
            waiting.push(() => void pass().then(resolve, reject));
          });
        },
      }),
    hold(of) {
      type = of;
    },
    count: () => waiting.length,
    release() {
      type = undefined;
      for (const go of waiting) go();
      waiting = [];
    },
  };
}

function isOf(type: string, message: unknown): boolean {
  const { body } = message as { body: string };
  return (JSON.parse(body) as { event?: { type: string } }).event?.type === type;
}
