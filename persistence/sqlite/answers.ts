/**
 * The kept answers (R6). Those under made ids stand in the order of their making: a transaction writes and
 * drops whole pages of them, and not a page for each. Which are forgotten is told by the partition's limits at
 * once; their rows go in bounded steps, with the commits.
 */
import type { DatabaseSync } from 'node:sqlite';
import { madeAtOf } from '../../runtime/core/made-id.ts';
import type { AnswerId, Commit } from '../../runtime/ports.ts';

export interface Answers {
  find(partition: number, id: AnswerId): string | undefined;
  add(partition: number, answers: Commit['answers']): void;
  /** To be called for each commit, after `add`. */
  forget(partition: number): void;
}

/** Commits of a partition between two steps. */
const commitsPerStep = 8;
/** Rows that a step removes, of each sort, above twice those that were added since the last one. */
const removedMax = 100 * commitsPerStep;

export function createAnswers(database: DatabaseSync): Answers {
  const find = database.prepare(
    `SELECT body FROM answers WHERE partition = ?1 AND kept = ?2 AND madeAt = ?3 AND id = ?4 AND time >=
       (SELECT CASE ?2 WHEN 1 THEN keptBefore ELSE madeBefore END FROM partitions WHERE partition = ?1)`,
  );
  const add = database.prepare(
    'INSERT OR REPLACE INTO answers (partition, kept, madeAt, id, time, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const removers = [removeMade(database), removeOthers(database, 'made'), removeOthers(database, 'kept')];
  const since = new Map<number, { commits: number; answers: number }>();

  return {
    find: (partition, { id, kept }) =>
      (find.get(partition, kept ? 1 : 0, answerPlace({ id, kept }), id) as { body: string } | undefined)
        ?.body,
    add(partition, answers) {
      for (const answer of answers) {
        const { id, kept, time, body } = answer;
        add.run(partition, kept ? 1 : 0, answerPlace(answer), id, time, body);
      }
      const counted = since.get(partition) ?? { commits: 0, answers: 0 };
      since.set(partition, { commits: counted.commits, answers: counted.answers + answers.length });
    },
    forget(partition) {
      const { commits, answers } = since.get(partition) ?? { commits: 0, answers: 0 };
      if (commits + 1 < commitsPerStep) {
        since.set(partition, { commits: commits + 1, answers });
        return;
      }
      since.delete(partition);
      for (const remove of removers) remove(partition, removedMax + 2 * answers);
    },
  };
}

/** When it was made; 0 if it does not say so, or if it is the client's key. */
export function answerPlace({ id, kept }: AnswerId): number {
  return kept ? 0 : (madeAtOf(id) ?? 0);
}

type Remove = (partition: number, limit: number) => void;

/** Up to the one at the limit. What was made before the mailbox's time of its answer goes when both are past. */
function removeMade(database: DatabaseSync): Remove {
  const limit = 'SELECT madeBefore FROM partitions WHERE partition = ?1';
  const oldest = `SELECT madeAt FROM answers WHERE partition = ?1 AND kept = 0 AND madeAt > 0 AND madeAt < (${limit})`;
  const remove = database.prepare(
    `DELETE FROM answers WHERE partition = ?1 AND kept = 0 AND madeAt > 0 AND time < (${limit})
       AND madeAt < ifnull((${oldest} ORDER BY madeAt LIMIT 1 OFFSET ?2), (${limit}))`,
  );
  return (partition, most) => void remove.run(partition, most);
}

function removeOthers(database: DatabaseSync, sort: 'made' | 'kept'): Remove {
  const kept = sort === 'kept' ? 1 : 0;
  const remove = database.prepare(
    `DELETE FROM answers WHERE partition = ?1 AND kept = ${kept} AND madeAt = 0 AND id IN
       (SELECT id FROM answers WHERE partition = ?1 AND kept = ${kept} AND madeAt = 0
          AND time < (SELECT ${sort}Before FROM partitions WHERE partition = ?1) ORDER BY time LIMIT ?2)`,
  );
  return (partition, most) => void remove.run(partition, most);
}
