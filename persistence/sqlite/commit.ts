/**
 * What a commit writes, after the fence. Drops come before adds: a token that is in both lists was replaced.
 * Messages and publications go where they belong, in the same transaction; nothing is left to publish. The
 * tables `outbox` and `publications` are only emptied: of what an older version has left there.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Commit, Log, Mailbox, Publication } from '../../runtime/ports.ts';
import type { Answers } from './answers.ts';
import type { Terms } from './terms.ts';

/** Writes one part of a partition's commit; `number` is the commit number that it gets. */
type Part = (commit: Commit, partition: number, number: number) => void;

/** Both add inside the transaction that is under way. */
export interface Delivery {
  readonly message: (entry: Parameters<Mailbox['append']>[0]) => void;
  readonly publication: Readonly<Record<Publication['log'], (entry: Parameters<Log['append']>[0]) => void>>;
}

export function createCommitWriter(
  database: DatabaseSync,
  { terms, answers, delivery }: { terms: Terms; answers: Answers; delivery: Delivery },
): Part {
  const parts = [
    partitionPart(database),
    recordsPart(database, terms),
    chartsPart(database),
    timersPart(database),
    activitiesPart(database),
    countersPart(database),
    outboxPart(database, delivery),
    heldPart(database),
    answersPart(answers),
    publicationsPart(database, delivery),
  ];
  return (commit, partition, number) => {
    for (const write of parts) write(commit, partition, number);
  };
}

function partitionPart(database: DatabaseSync): Part {
  const move = database.prepare(
    `UPDATE partitions SET commits = ?, highWater = max(highWater, ?),
       sequence = ifnull(?, sequence), time = ifnull(?, time), id = ifnull(?, id),
       indexed = ifnull(?, indexed) WHERE partition = ?`,
  );
  const limit = database.prepare(
    `UPDATE partitions SET madeBefore = max(madeBefore, ?), keptBefore = max(keptBefore, ?)
     WHERE partition = ?`,
  );
  return ({ highWater, position, indexed = null, forget }, partition, number) => {
    const { sequence = null, time = null, id = null } = position ?? {};
    move.run(number, highWater, sequence, time, id, indexed, partition);
    if (forget !== undefined) limit.run(forget.madeBefore, forget.keptBefore, partition);
  };
}

function recordsPart(database: DatabaseSync, terms: Terms): Part {
  const write = database.prepare(
    `INSERT INTO records (key, partition, kind, createdAt, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key, partition) DO UPDATE SET body = excluded.body`,
  );
  return ({ records }, partition) => {
    for (const { key, body, createdAt, addTerms, dropTerms } of records) {
      const kind = key.slice(0, key.indexOf('/'));
      write.run(key, partition, kind, createdAt, body);
      for (const term of dropTerms) terms.drop({ kind, term, createdAt, key });
      for (const term of addTerms) terms.add({ kind, term, createdAt, key });
    }
  };
}

function chartsPart(database: DatabaseSync): Part {
  const write = database.prepare('INSERT OR REPLACE INTO charts (partition, kind, version) VALUES (?, ?, ?)');
  return ({ charts = {} }, partition) => {
    for (const [kind, version] of Object.entries(charts)) write.run(partition, kind, version);
  };
}

function timersPart(database: DatabaseSync): Part {
  const add = database.prepare(
    'INSERT OR REPLACE INTO timers (partition, token, key, timer, at) VALUES (?, ?, ?, ?, ?)',
  );
  const drop = database.prepare('DELETE FROM timers WHERE partition = ? AND token = ?');
  return ({ addTimers, dropTimers }, partition) => {
    for (const token of dropTimers) drop.run(partition, token);
    for (const { token, key, timer, at } of addTimers) add.run(partition, token, key, timer, at);
  };
}

function activitiesPart(database: DatabaseSync): Part {
  const add = database.prepare(
    `INSERT OR REPLACE INTO activities (partition, token, key, activity, source, input, startedAt)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const drop = database.prepare('DELETE FROM activities WHERE partition = ? AND token = ?');
  return ({ addActivities, dropActivities }, partition) => {
    for (const token of dropActivities) drop.run(partition, token);
    for (const { token, key, activity, source, input, startedAt } of addActivities) {
      add.run(partition, token, key, activity, source, input, startedAt);
    }
  };
}

function countersPart(database: DatabaseSync): Part {
  const sent = database.prepare('INSERT OR REPLACE INTO sent (partition, channel, number) VALUES (?, ?, ?)');
  const received = database.prepare(
    'INSERT OR REPLACE INTO received (partition, channel, number) VALUES (?, ?, ?)',
  );
  return (commit, partition) => {
    for (const channel in commit.sent) sent.run(partition, Number(channel), commit.sent[channel] ?? 0);
    for (const channel in commit.received) {
      received.run(partition, Number(channel), commit.received[channel] ?? 0);
    }
  };
}

function outboxPart(database: DatabaseSync, { message }: Delivery): Part {
  const drop = database.prepare('DELETE FROM outbox WHERE partition = ? AND channel = ? AND number <= ?');
  return ({ addOutbox, dropOutbox }, partition) => {
    for (const channel in dropOutbox) drop.run(partition, Number(channel), dropOutbox[channel] ?? 0);
    for (const { to, channel, id, body } of addOutbox) {
      message({ to, partition: channel, id, dedupe: true, body });
    }
  };
}

function heldPart(database: DatabaseSync): Part {
  const add = database.prepare(
    'INSERT OR REPLACE INTO held (partition, channel, number, id, time, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const drop = database.prepare('DELETE FROM held WHERE partition = ? AND channel = ? AND number = ?');
  return ({ addHeld, dropHeld }, partition) => {
    for (const { channel, number } of dropHeld) drop.run(partition, channel, number);
    for (const { channel, number, id, time, body } of addHeld) {
      add.run(partition, channel, number, id, time, body);
    }
  };
}

function answersPart(answers: Answers): Part {
  return (commit, partition) => {
    answers.add(partition, commit.answers);
    answers.forget(partition);
  };
}

function publicationsPart(database: DatabaseSync, { publication }: Delivery): Part {
  const drop = database.prepare('DELETE FROM publications WHERE partition = ? AND number = ?');
  return ({ publications, dropPublications }, partition) => {
    for (const dropped of dropPublications) drop.run(partition, dropped);
    for (const entry of publications) publication[entry.log](entry);
  };
}
