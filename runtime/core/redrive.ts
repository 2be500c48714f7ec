/** A message that nobody could handle: when it becomes a dead letter, and how it is sent again. Pure. */
import { keyOf } from '../address.ts';
import type { ActorDefinition } from '../definition.ts';
import { mailSchema, type Message, type Redrive } from '../message.ts';
import type { Head } from './answer.ts';
import type { DeadLetter } from './entry.ts';
import { schemaOf, type Registry } from './registry.ts';
import type { Turn } from './turn.ts';

/** A message between actors that nobody can take must not vanish: somebody has to decide about it. */
export function unfit(message: Message, { outcome }: Turn, registry: Registry): string | undefined {
  if (message.from !== 'actor' || outcome.outcome !== 'refused' || outcome.isAnswered) return undefined;
  if (outcome.reason === 'not-found') return `${keyOf(message.to)} does not exist for ${message.event.type}`;
  // Another build's: whoever sent it counts on it.
  if (!isKnown(registry.get(message.to.kind)?.definition, message.event.type))
    return `${message.event.type} is an event that this process does not know`;
  if (outcome.reason !== 'invalid') return undefined;
  const details = (outcome.errors ?? []).map((error) => `${error.pointer} ${error.message}`).join('; ');
  return `${message.event.type} does not fit its schema: ${details}`;
}

function isKnown(definition: ActorDefinition | undefined, type: string): boolean {
  return type === definition?.create.event || schemaOf(definition, type) !== undefined;
}

/** What came of a letter that was sent again. */
export type RedriveEnd =
  | { readonly outcome: 'accepted'; readonly version: number }
  | { readonly outcome: 'refused'; readonly reason: string; readonly guards?: readonly string[] }
  /** The actor has outlived it: its timer was cancelled, its activity has ended otherwise. */
  | { readonly outcome: 'outlived' }
  /** It failed again, and is a new letter. */
  | { readonly outcome: 'dead'; readonly cause: string; readonly deadLetter: string };

export function redriveEnd(ended: Turn | Extract<Head, { outcome: 'dead' }>): RedriveEnd {
  if (!('effects' in ended)) {
    const { cause, deadLetter } = ended;
    return { outcome: 'dead', cause, deadLetter };
  }
  const { outcome, record } = ended;
  if (outcome.outcome === 'accepted') return { outcome: 'accepted', version: record?.version ?? 0 };
  if (outcome.outcome === 'dropped') return { outcome: 'outlived' };
  const { reason, guards } = outcome;
  return { outcome: 'refused', reason, ...(guards === undefined ? {} : { guards }) };
}

/** The message in it, without what an earlier redrive has put around it; undefined if it cannot be read. */
export function messageIn({ message }: Pick<DeadLetter, 'message'>): Message | undefined {
  const parsed = mailSchema.safeParse(jsonIn(message));
  if (!parsed.success) return undefined;
  return parsed.data.from === 'redrive' ? parsed.data.message : parsed.data;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The same for whoever asks, so that it is done once; a letter that came of a redrive counts on. */
export function redriveOf(letter: Pick<DeadLetter, 'id'>, message: Message, by: string): Redrive {
  const [, round = '0', first = letter.id] = /^redrive~(\d+)~(.*)$/s.exec(letter.id) ?? [];
  const id = `redrive~${Number(round) + 1}~${first}`;
  return { from: 'redrive', to: message.to, id, message, by };
}
