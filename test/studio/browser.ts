/** Studio in a real browser, over the real program. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
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

/** A page of its own, signed in. */
export async function visit(
  browser: Browser,
  { url, as = {}, viewport = desktop }: Visiting,
): Promise<Visit> {
  const window = await windowOf(browser);
  const page = await window.newPage();
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
  if (as !== null) {
    const token = await tokenOf({ ...admin, roles: as.roles ?? everything }, as.agoMs);
    await page.addInitScript((given) => sessionStorage.setItem('waybill.token', given), token);
  }
  return { page, complaints };
}

/** One for all pages, held open by an empty one: to open a window takes longer than most of what is tested in it. */
async function windowOf(browser: Browser): Promise<BrowserContext> {
  const [present] = browser.contexts();
  if (present !== undefined) return present;
  // Colours that are on their way to others are no colours to judge.
  const window = await browser.newContext({ reducedMotion: 'reduce' });
  await window.newPage();
  return window;
}

/** A page that stays open follows whatever the next test does. */
export async function closePages(browser: Browser): Promise<void> {
  const pages = browser.contexts().flatMap((window) => window.pages().slice(1));
  await Promise.all(pages.map((page) => page.close()));
}

/** In the page itself; else axe opens another one each time, to put together what many frames have told. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}
