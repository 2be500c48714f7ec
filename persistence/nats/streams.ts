/** The three streams of a namespace, as they must be before anything is appended or read. */
import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo } from 'nats';
import { ApiError, asTerminal, callApi, errorCodes, nanosPerMs } from './api.ts';
import type { Link } from './link.ts';

export interface StreamOptions {
  readonly namespace: string;
  readonly replicas: number;
  readonly duplicateWindowMs: number;
  /** How long the mailbox keeps messages; 0 for ever. Journal and dead letters are an operator's to limit. */
  readonly mailboxMaxAgeMs: number;
}

export const streamKinds = ['mailbox', 'journal', 'dead'] as const;
export type StreamKind = (typeof streamKinds)[number];

/** Only what Waybill depends on; what an operator set besides (limits of size or age, placement) is left alone. */
type Wanted = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'num_replicas'
  | 'duplicate_window'
  | 'discard'
  | 'storage'
  | 'retention'
  | 'allow_direct'
> &
  Partial<Pick<StreamConfig, 'max_age'>>;

/** Creates what is missing and updates what differs; `TerminalError` where JetStream does not allow that. */
export async function ensureStreams(link: Link, options: StreamOptions): Promise<void> {
  for (const kind of streamKinds) {
    await ensureStream(link, wantedStream(kind, options));
  }
}

export function streamName(namespace: string, kind: StreamKind): string {
  return `${namespace}-${kind}`;
}

function wantedStream(kind: StreamKind, options: StreamOptions): Wanted {
  const maxAge = kind === 'mailbox' ? options.mailboxMaxAgeMs * nanosPerMs : 0;
  const window = options.duplicateWindowMs * nanosPerMs;
  return {
    name: streamName(options.namespace, kind),
    subjects: [`${options.namespace}.${kind}.>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    // A full mailbox refuses appends: dropping its head would lose messages that nobody has read.
    discard: kind === 'mailbox' ? DiscardPolicy.New : DiscardPolicy.Old,
    num_replicas: options.replicas,
    ...(kind === 'mailbox' ? { max_age: maxAge } : {}),
    duplicate_window: maxAge === 0 ? window : Math.min(window, maxAge),
    allow_direct: true,
  };
}

async function ensureStream(link: Link, wanted: Wanted): Promise<void> {
  const existing = (await streamInfo(link, wanted.name)) ?? (await createStream(link, wanted));
  const differences = differencesOf(existing.config, wanted);
  if (differences.length === 0) return;
  try {
    await callApi(link, `STREAM.UPDATE.${wanted.name}`, { ...existing.config, ...wanted });
  } catch (error) {
    throw asTerminal(error, `stream ${wanted.name} exists with other settings: ${differences.join(', ')}`);
  }
}

export async function streamInfo(link: Link, name: string): Promise<StreamInfo | undefined> {
  try {
    return await callApi<StreamInfo>(link, `STREAM.INFO.${name}`);
  } catch (error) {
    if (error instanceof ApiError && error.errorCode === errorCodes.streamNotFound) return undefined;
    throw error;
  }
}

/** Several nodes may start at once: whoever comes second finds the stream of the first. */
async function createStream(link: Link, wanted: Wanted): Promise<StreamInfo> {
  try {
    return await callApi<StreamInfo>(link, `STREAM.CREATE.${wanted.name}`, wanted);
  } catch (error) {
    const isThere = error instanceof ApiError && error.errorCode === errorCodes.streamNameInUse;
    const existing = isThere ? await streamInfo(link, wanted.name) : undefined;
    if (existing !== undefined) return existing;
    throw asTerminal(error, `stream ${wanted.name} cannot be created`);
  }
}

function differencesOf(existing: StreamConfig, wanted: Wanted): string[] {
  return (Object.keys(wanted) as (keyof Wanted)[])
    .map((name) => ({ name, is: JSON.stringify(existing[name]), wanted: JSON.stringify(wanted[name]) }))
    .filter((each) => each.is !== each.wanted)
    .map((each) => `${each.name} is ${each.is} and not ${each.wanted}`);
}
