/** What a release would change, as a product owner sees it before. */
import { expect, test } from 'vitest';
import { expectAccessible } from './browser.ts';
import { startStudio } from './studio.ts';

const studio = startStudio();

/** The chart of warehouses as it runs, with `paused` renamed, and something else on `close`. */
async function otherBuild(): Promise<string> {
  const text = await (await studio.app.get('/machines/warehouse')).text();
  const renamed = text
    .replaceAll('"paused"', '"resting"')
    .replaceAll('operations.paused', 'operations.resting');
  return renamed.replace(/"version":(\d+)/, (_, version) => `"version":${Number(version) + 1}`);
}

async function open() {
  const { page, complaints } = await studio.open('/studio?view=release&machine=warehouse');
  const choose = (name: string, text: string): Promise<void> =>
    page
      .getByLabel('Chart of the other build')
      .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
  return { page, complaints, choose };
}

test('shows both charts, what is different, and who could not go on', async () => {
  const warehouse = { id: 'W1', country: 'GB', location: { lat: 51.5, lon: 0 }, capacity: 9 };
  await studio.app.post('/warehouses', warehouse);
  await studio.app.post('/warehouses/W1/pause', {});
  const { page, complaints, choose } = await open();
  await choose('warehouse.json', await otherBuild());
  await page.getByText('One actor is in states that it does not have').waitFor();
  const lost = page.getByRole('table', { name: 'Actors in states that are gone' });
  await lost.getByRole('link', { name: 'W1' }).waitFor();
  const [before, after] = ['Runs here', 'The other build'].map((name) => page.getByRole('region', { name }));
  await before?.locator('g.state.removed[data-state="operations.paused"]').first().waitFor();
  await after?.locator('g.state.added[data-state="operations.resting"]').first().waitFor();
  await before?.locator('g.transition.changed[data-event="warehouse.pause"]').first().waitFor();
  const list = page.getByRole('region', { name: 'What is different' });
  await list.getByText('is gone').waitFor();
  await list.getByText('warehouse.pause was to operations.paused, and is to operations.resting').waitFor();
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});

test('an empty system has a face, and so has a chart of 60 states', async () => {
  const states = Array.from({ length: 60 }, (_, index) => ({
    key: `step${index}`,
    type: 'atomic',
    description: `What happens in step ${index}`,
    on: { 'routing.goOn': [{ target: [`step${(index + 1) % 60}`] }] },
  }));
  const { page, complaints } = await studio.open('/studio?view=process&machine=order');
  await page.getByText('Nobody is here yet.').waitFor();
  await page.goto(`${studio.app.url}/studio?view=release&machine=routing`);
  const chart = { kind: 'routing', version: 9, type: 'compound', initial: 'step0', events: {}, states };
  await page.getByLabel('Chart of the other build').setInputFiles({
    name: 'x.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(chart)),
  });
  const after = page.getByRole('region', { name: 'The other build' });
  await after.locator('g.state.added[data-state="step59"]').waitFor();
  expect(await after.locator('g.state.added').count()).toBe(60);
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});

test('says so when nothing is different, and when a file is no chart', async () => {
  const { page, choose } = await open();
  await choose('same.json', await (await studio.app.get('/machines/warehouse')).text());
  await page.getByText('The charts are the same').waitFor();
  await choose('order.json', await (await studio.app.get('/machines/order')).text());
  await page.getByRole('alert').getByText('is of order, and not of warehouse').waitFor();
  await choose('text.json', 'no chart');
  await page.getByRole('alert').getByText('text.json is no JSON').waitFor();
  await expectAccessible(page);
});
