/** The error axis: try again, never try again, or we are not the owner any more. Refusals are results. */

/** Store, broker or gateway did not do it now: the same call may succeed later. */
export class RetryableError extends Error {
  readonly code = 'retryable';
  override readonly name = 'RetryableError';
  /** `none`: certainly nothing happened. `unknown`: it may have happened, only the answer is missing. */
  readonly effect: 'none' | 'unknown';

  constructor(message: string, options: ErrorOptions & { effect?: 'none' | 'unknown' } = {}) {
    super(message, options);
    this.effect = options.effect ?? 'unknown';
  }
}

/** Trying again cannot help: a bug in a chart, a message or record that does not parse, a wrong set-up. */
export class TerminalError extends Error {
  readonly code = 'terminal';
  override readonly name = 'TerminalError';
}

/** The commit or renewal was refused: somebody else owns the partition, or the store has fallen back. */
export class FencedError extends Error {
  readonly code = 'fenced';
  override readonly name = 'FencedError';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
