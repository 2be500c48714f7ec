/** Actors that come into being with their first message are walked and played as all others. */
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock } from '../../persistence/system.ts';
import { room, shelf } from '../support/arising.ts';
import { createCleanUp, makeFolder } from '../support/places.ts';
import { failuresOf } from './coverage.ts';
import { beginningFor } from './events.ts';
import { differencesFromXState } from './oracle.ts';
import { play } from './play.ts';
import { idOf } from './renaming.ts';
import { openStage } from './stage.ts';
import { walk } from './walk.ts';

const cleanUp = createCleanUp();
afterAll(() => cleanUp.run());

const played = { ...shelf, examples: { dust: [null] } };
const definitions = [played, room];

test('a walk begins with every event that an actor arises with', () => {
  const walked = walk(played, definitions);
  expect(failuresOf(walked)).toEqual([]);
  expect(differencesFromXState(walked)).toEqual([]);
  const begun = walked.visited.filter(({ before }) => before === undefined);
  expect(new Set(begun.map(({ move }) => move.happening.name))).toEqual(new Set(['shelf.put', 'shelf.tidy']));
});

test('a play brings them into being by command and by message, with those that they belong to', async () => {
  const folder = await makeFolder();
  cleanUp.add(folder.remove);
  const backend = await openSqlite({ file: join(folder.path, 'waybill.db'), clock: systemClock });
  const stage = await openStage(played, definitions, backend);
  const result = await play(walk(played, definitions), stage).finally(() => stage.close());
  expect(result.differences).toEqual([]);
  expect(result.states).toEqual(new Set(['bare', 'swept', 'full']));
});

test('ids have an owner where the kind wants one', () => {
  expect([idOf('p1', shelf), idOf('p1', room)]).toEqual(['model~p1', 'p1']);
  expect(beginningFor(shelf, 'shelf/w~a')).toEqual({ type: 'shelf.put', books: 1 });
});
