/**
 * The back pressure of a reader. JetStream sends a window of bytes (2 MB at first, at most 32 MB) and then
 * asks whether it may go on; the answer is withheld as long as there is too much to work off.
 */
import type { Link } from './link.ts';

export interface FlowGate {
  request(answerTo: string): void;
  /** Looks again whether it is open; done every few ms besides. */
  look(): void;
  close(): void;
}

const lookAgainMs = 5;

export function createFlowGate(link: Link, isOpen: () => boolean): FlowGate {
  let withheld: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    if (withheld === undefined) return;
    if (!isOpen()) {
      timer ??= setTimeout(() => {
        timer = undefined;
        look();
      }, lookAgainMs);
      return;
    }
    if (link.isUp()) link.connection.publish(withheld);
    withheld = undefined;
  }

  return {
    request(answerTo) {
      withheld = answerTo;
      look();
    },
    look,
    close() {
      clearTimeout(timer);
      withheld = undefined;
    },
  };
}
