/** A partition without a loop around it: batches are folded and committed at once, in memory. */
import {
  answerKey,
  apply as applyCommit,
  emptyPartition,
  stateOf,
  type Partition,
} from '../../persistence/memory/partition.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { apply, commitOf, type Draft, type ReplyDraft } from '../../runtime/core/draft.ts';
import { fold } from '../../runtime/core/fold.ts';
import { decode, wanted } from '../../runtime/core/incoming.ts';
import { memoryOf } from '../../runtime/core/memory.ts';
import { defaultOptions, type RuntimeOptions } from '../../runtime/options.ts';
import type { Commit, PartitionState, Publication, Stored } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { epoch } from './clock.ts';

export interface Folding {
  /** One batch, in as many commits as it takes; the last one. */
  take(...batch: readonly Stored[]): Draft;
  /** As many of a batch as go into one commit. */
  commit(...batch: readonly Stored[]): Draft;
  /** Drops everything in memory and loads again, as a takeover does. */
  takeOver(): void;
  /** Commits as bookkeeping does. */
  forget(forget: NonNullable<Commit['forget']>): void;
  record(key: string): string | undefined;
  /** Puts text where a record is, as another program might have. */
  putRecord(key: string, body: string): void;
  /** All that was published, in order. */
  readonly publications: Publication[];
  readonly replies: ReplyDraft[];
  state(): PartitionState;
  /** Everything there is, as text. */
  everything(): string;
}

export const partitions = 4;

export function folding(
  definitions: readonly ActorDefinition[],
  given: Partial<Pick<RuntimeOptions, 'madeKeepMs' | 'keptAnswerMaxChars' | 'commitMaxChars'>> = {},
): Folding {
  const registry = createRegistry(definitions);
  const options = { ...defaultOptions, registry, partitions, ...given };
  const store = emptyPartition();
  const records = new Map<string, string>();
  const publications: Publication[] = [];
  const replies: ReplyDraft[] = [];
  let memory = memoryOf(stateOf(store));

  function fetched({ keys, answers }: ReturnType<typeof wanted>): Parameters<typeof fold>[1]['fetched'] {
    const known = answers.flatMap((answer) => {
      const found = store.answers.get(answerKey(answer));
      return found === undefined ? [] : [[answer.id, found.body] as const];
    });
    const texts = keys.flatMap((key) => {
      const text = records.get(key);
      return text === undefined ? [] : [[key, text] as const];
    });
    return { records: new Map(texts), answers: new Map(known) };
  }

  const self: Folding = {
    publications,
    replies,
    take(...batch) {
      const draft = self.commit(...batch);
      return draft.taken < batch.length ? self.take(...batch.slice(draft.taken)) : draft;
    },
    commit(...batch) {
      const incoming = batch.map(decode);
      const draft = fold(incoming, { memory, fetched: fetched(wanted(incoming, memory)), options });
      const house = { dropOutbox: {}, dropPublications: [] };
      const commit = commitOf(draft, memory, { registry, house });
      applyCommit(store, commit);
      for (const { key, body } of commit.records) records.set(key, body);
      apply(draft, memory, { commit, now: epoch });
      publications.push(...draft.publications);
      replies.push(...draft.replies);
      return draft;
    },
    takeOver() {
      memory = memoryOf(stateOf(store));
    },
    forget: (forget) => forgetIn(store, forget),
    record: (key) => records.get(key),
    putRecord: (key, body) => void records.set(key, body),
    state: () => stateOf(store),
    everything: () => everythingOf(store, { records, publications, replies }),
  };
  return self;
}

function forgetIn(store: Partition, { madeBefore, keptBefore }: NonNullable<Commit['forget']>): void {
  for (const [key, { kept, time }] of store.answers) {
    if (time < (kept ? keptBefore : madeBefore)) store.answers.delete(key);
  }
}

function everythingOf(
  store: Partition,
  { records, ...logs }: { records: Map<string, string>; publications: Publication[]; replies: ReplyDraft[] },
): string {
  const { commits: _, publications: __, ...state } = stateOf(store);
  const byKey = <Value>(map: ReadonlyMap<string, Value>): [string, Value][] =>
    [...map].sort(([one], [other]) => (one < other ? -1 : 1));
  const parts = [
    state,
    byKey(records),
    byKey(store.timers),
    byKey(store.answers),
    logs.publications,
    logs.replies,
  ];
  return parts.map((part) => JSON.stringify(part)).join('\n');
}
