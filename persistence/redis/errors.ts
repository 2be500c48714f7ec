/** Puts what Redis and its client throw on the runtime's error axis. */
import { RetryableError, TerminalError } from '../../runtime/errors.ts';

/** The server is there but does not do it now. Inside a script's error the word stands behind a dash. */
const passing =
  /(?:^|-)(LOADING|BUSY|READONLY|OOM|MISCONF|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|MOVED|ASK)\b/;

/**
 * Whatever is not the server's own refusal (connection lost, never there, no answer in time) leaves the
 * outcome open. Refusals other than the passing ones are a bug or a wrong set-up.
 */
export function mapped(error: unknown): RetryableError | TerminalError {
  const cause = withoutCommand(error);
  if (cause.name === 'ReplyError' && !passing.test(cause.message)) {
    return new TerminalError(`Redis refuses: ${cause.message}`, { cause });
  }
  const verb = cause.name === 'ReplyError' ? 'refuses for now' : 'is away';
  return new RetryableError(`Redis ${verb}: ${inWords(cause)}`, { cause });
}

/** The client speaks of its own options. */
const clientWords: [pattern: RegExp, words: string][] = [
  [/^Stream isn't writeable/, 'there is no connection'],
  [/^Connection is closed|^Reached the max retries|^Command aborted/, 'the connection broke'],
  [/^Command timed out|^Socket timeout/, 'no answer in time'],
];

/** What the client or the server has said, for people. */
export function inWords({ message }: Error): string {
  return clientWords.find(([pattern]) => pattern.test(message))?.[1] ?? message;
}

export function isMissingScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** The client hangs the command with all its arguments on the error: customers' data that no log should have. */
function withoutCommand(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if ('command' in error) delete error.command;
  return error;
}
