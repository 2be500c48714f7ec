/**
 * What the broker will never take is sent again and again all the same, because its number in a channel cannot be
 * skipped and another server may take it. But it stands still meanwhile, so somebody has to hear of it: once.
 */
import { keyOf, type Address } from '../address.ts';
import { TerminalError } from '../errors.ts';
import type { Backend, Log, Logger, Mailbox } from '../ports.ts';

/** Ids that were told of; when there are more it begins anew, and tells some again. */
const toldMax = 1_000;

interface Entry {
  readonly to: Address;
  readonly id: string;
}

/** The same backend; whatever it refuses for good to append is in the log. */
export function outspoken(backend: Backend, logger: Logger): Backend {
  const told = new Set<string>();

  function tell({ to, id }: Entry, error: unknown): void {
    if (!(error instanceof TerminalError) || told.has(id)) return;
    if (told.size >= toldMax) told.clear();
    told.add(id);
    logger.error({ to: keyOf(to), id, error: error.message }, 'the broker does not take this: it waits');
  }

  const wrap = <Port extends Mailbox | Log>(port: Port): Port => ({
    ...port,
    append: (entry: Parameters<Port['append']>[0]) =>
      (port.append as (entry: Entry) => Promise<void>)(entry).catch((error: unknown) => {
        tell(entry, error);
        throw error;
      }),
  });

  return {
    ...backend,
    mailbox: wrap(backend.mailbox),
    journal: wrap(backend.journal),
    deadLetters: wrap(backend.deadLetters),
  };
}
