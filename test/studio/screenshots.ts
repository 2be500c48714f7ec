/** `npm run screenshots`: the pictures of Studio in `docs/images/`, of a shop that is busy for a moment. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { admin, startApp, tokenOf } from '../support/app.ts';
import { openFile } from '../support/places.ts';
import { until } from '../support/until.ts';
import { buildStudio, openBrowser, visit } from './browser.ts';

const root = join(import.meta.dirname, '..', '..');
const everything = ['customer', 'cs', 'picker', 'packer', 'warehouseManager', 'admin'];

buildStudio();
const place = await openFile();
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
} finally {
  // Asked nicely it would see all of its orders to their end.
  shop.kill('SIGKILL');
  await browser.close();
  await app.stop();
  await place.close();
}

interface Found {
  readonly items: readonly { readonly id: string }[];
}

async function shoot(name: string, to: { path: string; settled: string; height?: number }): Promise<void> {
  const viewport = { width: 1_280, height: to.height ?? 800 };
  const { page } = await visit(browser, { url: app.url, context: { viewport } });
  await page.goto(`${app.url}/studio${to.path}`);
  await page.getByText(to.settled).first().waitFor();
  await page.locator('g.state').first().waitFor();
  await page.screenshot({ path: join(root, 'docs', 'images', `${name}.png`) });
}
