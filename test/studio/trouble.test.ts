/** What needs somebody, as an operator sees it. */
import { describe, expect, test } from 'vitest';
import type { FiguresJson } from '../../http/figures.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock } from '../../persistence/system.ts';
import { startApp, type Env } from '../support/app.ts';
import { askForSlot, putNonsense } from '../support/stray.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './browser.ts';
import { startStudio } from './studio.ts';

const studio = startStudio({ prepare: leaveStrays });

/** What nobody can handle, where a program has been before. */
async function leaveStrays(place: Env): Promise<void> {
  const first = await startApp(place);
  await first.stop();
  const backend = await openSqlite({ file: place['WAYBILL_DATA'] ?? '', clock: systemClock });
  for (let n = 1; n <= 4; n++) await askForSlot(backend, { warehouse: 'W9', order: `o${n}` });
  await putNonsense(backend, 'broken');
  await backend.close();
}

async function openLetters(): Promise<number> {
  const got = await studio.app.get('/dead-letters?kind=warehouse');
  return ((await got.json()) as { items: object[] }).items.length;
}

describe('dead letters', () => {
  test('are grouped, rehearsed, sent again and discarded, with a reason', async () => {
    const { page, complaints } = await studio.open('/studio?view=trouble');
    const cause = 'warehouse does not exist for warehouse.slot';
    await page.getByRole('button', { name: cause }).click();
    await page.getByRole('button', { name: 'warehouse.slot', exact: true }).first().click();
    const panel = page.getByRole('complementary', { name: 'The letter' });
    await panel.getByRole('button', { name: 'What would come of it now?' }).click();
    await panel.getByText('It would become a dead letter').waitFor();
    await studio.app.post('/warehouses', {
      id: 'W9',
      country: 'GB',
      location: { lat: 51.5, lon: 0 },
      capacity: 9,
    });
    await panel.getByRole('button', { name: 'What would come of it now?' }).click();
    await panel.getByText(/tell fulfillment\/o\d~f1: warehouse.granted/).waitFor();
    await expectAccessible(page);
    await panel.getByLabel('reason').fill('the warehouse was missing');
    await panel.getByRole('button', { name: 'Send again' }).click();
    await panel.getByText(/^Sent again by .*: the warehouse was missing\. It was done\.$/).waitFor();
    expect(await openLetters()).toBe(3);
    await page.goBack();
    await panel.waitFor({ state: 'detached' });
    await page.getByText('Decide about all 3 with this cause').click();
    await page.getByLabel('reason').fill('they were asked for meanwhile');
    await page.getByRole('button', { name: 'Discard all 3' }).click();
    await page.getByRole('status').getByText('3 settled.').waitFor();
    await until(async () => (await openLetters()) === 0);
    expect(complaints).toEqual([]);
  });

  test('that cannot be read are shown as they are', async () => {
    const { page } = await studio.open('/studio?view=trouble&letter=broken');
    const panel = page.getByRole('complementary', { name: 'The letter' });
    await panel.getByText('What it says').click();
    await panel.getByText('{"half').waitFor();
    expect(await panel.getByRole('button', { name: 'Send again' }).count()).toBe(0);
    await expectAccessible(page);
  });

  test('are not for everybody', async () => {
    const { page } = await studio.open('/studio?view=trouble', { as: { roles: ['customer'] } });
    await page.getByText('dead letters are for admin; customer may not').waitFor();
  });
});

test('who is longer in a state than meant is listed, and leads there', async () => {
  const { page } = await studio.open('/studio?view=trouble');
  const stuck = page.getByRole('region', { name: 'Longer in a state than meant' });
  await stuck.getByText('✓ Nobody.').waitFor();
  // Targets are days; the server's own answer, a week later.
  await page.route('**/machines/warehouse/figures', async (route) => {
    const answer = await route.fetch();
    const figures = (await answer.json()) as FiguresJson;
    const late = {
      ...figures.states['operations.paused'],
      over: 1,
      oldestMs: 7 * 86_400_000,
      oldestId: 'W9',
    };
    const states = { ...figures.states, 'operations.paused': late };
    await route.fulfill({ response: answer, json: { ...figures, states } });
  });
  const row = stuck.getByRole('row', { name: 'operations.paused' });
  await row.getByText('7 d').waitFor();
  await expectAccessible(page);
  await row.getByRole('link', { name: 'operations.paused' }).click();
  await page.getByRole('complementary', { name: 'State operations.paused' }).waitFor();
  await page.unrouteAll({ behavior: 'wait' });
});

test('who is late is not said to be nobody where one may not see it', async () => {
  const { page } = await studio.open('/studio?view=trouble', { as: { roles: ['customer'] } });
  const stuck = page.getByRole('region', { name: 'Longer in a state than meant' });
  await stuck.getByText('Your role may not see who is late of: Order,').waitFor();
  const all = await stuck.innerText();
  expect(all.includes('Nobody')).toBe(all.includes('of those that you may see'));
  await expectAccessible(page);
});
