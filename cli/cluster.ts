/** The journal of a cluster: read from JetStream alone; nothing is created there or changed. */
import { openLink, type Link } from '../persistence/nats/link.ts';
import { createLog } from '../persistence/nats/log.ts';
import { streamInfo, streamName } from '../persistence/nats/streams.ts';
import { TerminalError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/ports.ts';
import type { JournalSource } from './journal.ts';

export interface ClusterPlace {
  readonly natsUrl: string;
  readonly namespace: string;
}

const patienceMs = 10_000;

/** `TerminalError` where no server answers, or it has no journal of this namespace. */
export async function openClusterJournal({ natsUrl, namespace }: ClusterPlace): Promise<JournalSource> {
  const link = await linkTo(natsUrl);
  const stream = streamName(namespace, 'journal');
  if ((await streamInfo(link, stream)) === undefined) {
    await link.close();
    throw new TerminalError(`NATS has no journal of namespace ${namespace} (WAYBILL_NAMESPACE)`);
  }
  const nothingIsWritten = {
    publish: () => Promise.reject(new TerminalError('an export only reads')),
    close: () => undefined,
  };
  return {
    journal: createLog(link, nothingIsWritten, { subject: `${namespace}.journal`, stream }),
    place: `namespace ${namespace}`,
    close: () => link.close(),
  };
}

const silent = (): void => undefined;
const logger: Logger = { info: silent, warn: silent, error: silent, debug: silent };

/** The link itself waits for a server for ever: a person has less patience. */
async function linkTo(url: string): Promise<Link> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const error = new TerminalError('NATS does not answer (WAYBILL_NATS_URL)');
    timer = setTimeout(() => reject(error), patienceMs);
  });
  try {
    return await Promise.race([openLink({ url, name: 'waybill export', logger }), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
