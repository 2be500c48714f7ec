/** A commit as the words of the commit script: few commands, each with all that goes to its key. */
import type { Commit } from '../../runtime/ports.ts';
import { writeAnswers } from './answers.ts';
import { append, write, type Batch } from './batch.ts';
import {
  chartField,
  frameActivity,
  frameHeld,
  framePublications,
  frameTimer,
  heldField,
  outboxMember,
  outboxPrefix,
} from './frames.ts';
import type { PartitionKeys } from './keys.ts';

/** What is dropped comes before what is added: a token in both lists was replaced. */
export function encodeCommit(keys: PartitionKeys, commits: number, commit: Commit): Batch {
  const batch: Batch = [];
  const number = String(commits + 1);
  // First of all: the one write that may be refused, before anything else is written (see scripts.ts).
  write(batch, ['HSET', keys.meta], metaWords(number, commit));
  writeRecords(batch, keys, commit.records);
  writeTimers(batch, keys, commit);
  write(batch, ['HDEL', keys.activities], commit.dropActivities);
  write(
    batch,
    ['HSET', keys.activities],
    commit.addActivities.flatMap((activity) => [activity.token, frameActivity(activity)]),
  );
  writeChannels(batch, keys, commit);
  writeAnswers(batch, keys, commit.answers);
  write(batch, ['HDEL', keys.publications], commit.dropPublications.map(String));
  if (commit.publications.length > 0) {
    write(batch, ['HSET', keys.publications], [number, framePublications(commit.publications)]);
  }
  return batch;
}

function metaWords(number: string, { highWater, position, indexed, charts = {} }: Commit): string[] {
  const words = ['commits', number, 'highWater', String(highWater)];
  for (const [kind, version] of Object.entries(charts)) words.push(chartField(kind), String(version));
  if (indexed !== undefined) words.push('indexed', indexed);
  if (position !== undefined) {
    words.push('sequence', String(position.sequence), 'time', String(position.time), 'id', position.id);
  }
  return words;
}

/** Every record is put into the index of its kind: the store cannot tell a new one from an old one. */
function writeRecords(batch: Batch, keys: PartitionKeys, records: Commit['records']): void {
  const bodies: string[] = [];
  const added = new Map<string, string[]>();
  const dropped = new Map<string, string[]>();
  for (const { key, body, createdAt, addTerms, dropTerms } of records) {
    const index = keys.index + key.slice(0, key.indexOf('/'));
    const entry = [String(createdAt), key];
    bodies.push(key, body);
    append(added, index, entry);
    for (const term of dropTerms) append(dropped, `${index}:${term}`, [key]);
    for (const term of addTerms) append(added, `${index}:${term}`, entry);
  }
  write(batch, ['HSET', keys.records], bodies);
  for (const [index, words] of dropped) write(batch, ['ZREM', index], words);
  for (const [index, words] of added) write(batch, ['ZADD', index], words);
}

function writeTimers(batch: Batch, keys: PartitionKeys, { addTimers, dropTimers }: Commit): void {
  write(batch, ['ZREM', keys.timers], dropTimers);
  write(batch, ['HDEL', keys.timerData], dropTimers);
  write(
    batch,
    ['ZADD', keys.timers],
    addTimers.flatMap(({ at, token }) => [String(at), token]),
  );
  write(
    batch,
    ['HSET', keys.timerData],
    addTimers.flatMap((timer) => [timer.token, frameTimer(timer)]),
  );
}

function writeChannels(batch: Batch, keys: PartitionKeys, commit: Commit): void {
  write(batch, ['HSET', keys.sent], Object.entries(commit.sent).flat().map(String));
  write(batch, ['HSET', keys.received], Object.entries(commit.received).flat().map(String));
  for (const [channel, number] of Object.entries(commit.dropOutbox)) {
    const [from, to] = [outboxPrefix(Number(channel), 0), outboxPrefix(Number(channel), number + 1)];
    write(batch, ['ZREMRANGEBYLEX', keys.outbox], [`[${from}`, `(${to}`]);
  }
  write(
    batch,
    ['ZADD', keys.outbox],
    commit.addOutbox.flatMap((entry) => ['0', outboxMember(entry)]),
  );
  write(batch, ['HDEL', keys.held], commit.dropHeld.map(heldField));
  write(
    batch,
    ['HSET', keys.held],
    commit.addHeld.flatMap((held) => [heldField(held), frameHeld(held)]),
  );
}
