/** Studio in a real browser, over the real program. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import axe, { type AxeResults, type RunOptions } from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { admin, tokenOf } from '../support/app.ts';
import { findBrowser } from '../support/programs.ts';

const root = join(import.meta.dirname, '..', '..');

/** Into the folder that the server takes it from. */
export function buildStudio(): void {
  execFileSync('npm', ['run', '--silent', 'studio'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Chromium does not run in its own sandbox as root. */
export async function openBrowser(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: await findBrowser(), args });
}

export const everything = ['customer', 'cs', 'picker', 'packer', 'warehouseManager', 'admin'];

export interface Visit {
  readonly page: Page;
  /** What the browser complained about, and requests that went elsewhere. */
  readonly complaints: string[];
}

export interface Visiting {
  readonly url: string;
  /** Null: nobody has signed in. */
  readonly as?: { readonly roles?: string[]; readonly agoMs?: number } | null;
  readonly viewport?: { readonly width: number; readonly height: number };
}

export const desktop = { width: 1440, height: 900 };

/** A page that nobody else looks at, signed in. */
export async function visit(
  browser: Browser,
  { url, as = {}, viewport = desktop }: Visiting,
): Promise<Visit> {
  const page = await freePage(browser);
  await page.setViewportSize(viewport);
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The browser itself notes every answer that is an error; the page shows those.
    const isNoted = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isNoted) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url && !request.url().startsWith('data:'))
      complaints.push(request.url());
  });
  if (as === null) return { page, complaints };
  const token = await tokenOf({ ...admin, roles: as.roles ?? everything }, as.agoMs);
  const signIn = await page.addInitScript((given) => sessionStorage.setItem('waybill.token', given), token);
  visited.set(page, async () => {
    await signIn.dispose();
    await page.evaluate(() => sessionStorage.clear());
  });
  return { page, complaints };
}

/** Pages in use, with how to sign out. */
const visited = new WeakMap<Page, () => Promise<void>>();

/** The same one for one visit after the other: to open a page takes longer than most of what is tested in it. */
async function freePage(browser: Browser): Promise<Page> {
  // Colours that are on their way to others are no colours to judge.
  const window = browser.contexts()[0] ?? (await browser.newContext({ reducedMotion: 'reduce' }));
  const page = window.pages().find((each) => !visited.has(each)) ?? (await window.newPage());
  visited.set(page, () => Promise.resolve());
  return page;
}

/** A page that stayed as it is would follow whatever the next test does. One is kept for it, as if it were new. */
export async function leavePages(browser: Browser): Promise<void> {
  const [first, ...others] = browser.contexts().flatMap((window) => window.pages());
  await Promise.all(others.map((page) => page.close()));
  if (first === undefined) return;
  const signOut = visited.get(first);
  if (signOut === undefined) return;
  for (const event of ['console', 'pageerror', 'request', 'response']) first.removeAllListeners(event);
  await first.unrouteAll({ behavior: 'ignoreErrors' });
  await signOut();
  await first.emulateMedia({ colorScheme: null });
  await first.goto('about:blank');
  visited.delete(first);
}

/** The rules of axe about colours: what else there is to say of a page is the same by day and by night. */
export const colours = ['color-contrast', 'link-in-text-block'];

/** By these rules, or by all. Of what is all right only one of a kind is told: to tell all is most of the work. */
export async function expectAccessible(page: Page, rules?: readonly string[]): Promise<void> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe.source);
  const options: RunOptions = { resultTypes: ['violations'], ...(rules && { runOnly: [...rules] }) };
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`);
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}
