/** `npm run screenshots`: the pictures of Studio in `docs/images/`, of a shop that is busy for a moment. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { BoardJson } from '../../http/board.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock } from '../../persistence/system.ts';
import { admin, startApp, tokenOf } from '../support/app.ts';
import { openFile } from '../support/places.ts';
import { askForSlot, putNonsense } from '../support/stray.ts';
import { until } from '../support/until.ts';
import { buildStudio, everything, openBrowser, visit } from './browser.ts';

const root = join(import.meta.dirname, '..', '..');

buildStudio();
const place = await openFile();
await leaveStrays(place.env['WAYBILL_DATA'] ?? '');
const app = await startApp(place.env);
const shop = spawn(
  process.execPath,
  ['cli/shop/shop.ts', '--url', app.url, '--rate', '4', '--pause', '4000', '--seed', '7'],
  {
    cwd: root,
    env: { ...process.env, WAYBILL_TOKEN: await tokenOf({ ...admin, roles: everything }) },
    stdio: 'ignore',
  },
);
const browser = await openBrowser();
try {
  const busy = await until(async () => {
    const found = (await (
      await app.get('/orders?state=active.execution.partiallyShipped&limit=1')
    ).json()) as Found;
    return found.items[0]?.id;
  });
  await shoot('studio-process', {
    path: '?view=process&machine=fulfillment&state=progress.picking',
    settled: 'Newest',
  });
  await shoot('studio-actor', {
    path: `?view=actor&machine=order&actor=${busy}`,
    settled: 'Works with',
    height: 1_250,
  });
  await shoot('studio-release', {
    path: '?view=release&machine=warehouse',
    settled: 'Nothing is stored',
    height: 1_000,
    act: async (page) => {
      const buffer = Buffer.from(await otherBuild());
      const file = { name: 'warehouse.json', mimeType: 'application/json', buffer };
      await page.getByLabel('Chart of the other build').setInputFiles(file);
      await page.getByText('What is different').waitFor();
    },
  });
  await shoot('studio-trouble', {
    path: '?view=trouble&cause=warehouse%20does%20not%20exist%20for%20warehouse.slot&letter=fulfillment%2Fo2~f1%401.0',
    settled: 'What it says',
    act: async (page) => {
      await page.getByRole('button', { name: 'What would come of it now?' }).click();
      await page.getByText('It would become a dead letter').waitFor();
    },
  });
  await until(async () => finishedOn(await app.get('/machines/order/board?window=1h')), {
    withinMs: 400_000,
  });
  await shoot('studio-board', {
    path: '?view=board&machine=order&span=1h',
    settled: 'How far they have come',
    height: 1_150,
    act: (page) => page.getByText('Still reading').waitFor({ state: 'detached' }),
  });
} finally {
  // Asked nicely it would see all of its orders to their end.
  shop.kill('SIGKILL');
  await browser.close();
  await app.stop();
  await place.close();
}

/** What nobody can handle, put where the server will find it. */
async function leaveStrays(file: string): Promise<void> {
  const first = await startApp(place.env);
  await first.stop();
  const backend = await openSqlite({ file, clock: systemClock });
  for (let n = 1; n <= 3; n++) await askForSlot(backend, { warehouse: 'HAMBURG', order: `o${n}` });
  await putNonsense(backend, 'broken');
  await backend.close();
}

/** The chart that runs, with a state renamed. */
async function otherBuild(): Promise<string> {
  const text = await (await app.get('/machines/warehouse')).text();
  const renamed = text
    .replaceAll('"paused"', '"resting"')
    .replaceAll('operations.paused', 'operations.resting');
  return renamed.replace(/"version":(\d+)/, (_, version) => `"version":${Number(version) + 1}`);
}

/** Enough to draw lines of. */
async function finishedOn(answer: Response): Promise<boolean> {
  const { steps } = (await answer.json()) as BoardJson;
  return steps.filter(({ finished }) => finished > 0).length >= 4;
}

interface Found {
  readonly items: readonly { readonly id: string }[];
}

interface Shot {
  readonly path: string;
  /** Text that has to be there. */
  readonly settled: string;
  readonly height?: number;
  /** What a person does there first. */
  readonly act?: (page: Page) => Promise<void>;
}

async function shoot(name: string, to: Shot): Promise<void> {
  const viewport = { width: 1_280, height: to.height ?? 800 };
  const { page } = await visit(browser, { url: app.url, viewport });
  await page.goto(`${app.url}/studio${to.path}`);
  await page.getByText(to.settled).first().waitFor();
  if (to.path.includes('view=process') || to.path.includes('view=actor'))
    await page.locator('g.state').first().waitFor();
  await to.act?.(page);
  await page.screenshot({ path: join(root, 'docs', 'images', `${name}.png`) });
}
