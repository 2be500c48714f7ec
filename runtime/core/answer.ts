/**
 * What a command is answered, as text: a small head in JSON, a line feed, then the view in JSON (JSON text
 * holds no raw line feed). The edge reads the head and passes the view on unread.
 */
import type { Refusal } from './outcome.ts';

export type Head = (
  | { readonly outcome: 'accepted'; readonly version: number; readonly created: boolean }
  /** `key-reused`: the same id with another command or body. */
  | (Refusal & { readonly version?: number })
  | { readonly outcome: 'key-reused' }
  | { readonly outcome: 'dead'; readonly cause: string; readonly deadLetter: string }
  /**
   * A made id too far from the time in which it was made to be sure that it is not a repeat (R6): not run, outcome
   * unknown. `time` is when the mailbox took it, ms.
   */
  | { readonly outcome: 'unknown'; readonly time: number }
) & {
  readonly event: string;
  /** Set when this is the stored answer to a known id. */
  readonly replayed?: true;
  readonly fingerprint?: string;
};

export interface Answer {
  readonly head: Head;
  /** JSON text of the view; absent in refusals, and in replays where it was not kept. */
  readonly view?: string;
}

export function answerText({ head, view }: Answer): string {
  const text = JSON.stringify(head);
  return view === undefined ? text : `${text}\n${view}`;
}

/** Only for texts made by `answerText`. */
export function parseAnswer(text: string): Answer {
  const end = text.indexOf('\n');
  if (end === -1) return { head: JSON.parse(text) as Head };
  return { head: JSON.parse(text.slice(0, end)) as Head, view: text.slice(end + 1) };
}

/**
 * For a made id the bare outcome is enough: there are millions of them (R6). Where the view is large it has to be
 * enough for a client's key too. The fingerprint stays: whoever was told the id repeats it as a key, and must not
 * be answered for another command.
 */
export function bareAnswerText({ head }: Answer): string {
  const { event, outcome, fingerprint } = head;
  if (head.outcome === 'accepted')
    return JSON.stringify({ outcome, event, fingerprint, version: head.version, created: head.created });
  if (head.outcome === 'refused')
    return JSON.stringify({ outcome, event, fingerprint, reason: head.reason, allowed: [] });
  return JSON.stringify(head);
}

/** The stored answer to a known id, or that the id was used for something else. */
export function replayOf(stored: string, fingerprint: string | undefined, event: string): Answer {
  const answer = parseAnswer(stored);
  if (answer.head.fingerprint !== fingerprint) {
    return { head: { outcome: 'key-reused', event } };
  }
  return { ...answer, head: { ...answer.head, replayed: true } };
}
