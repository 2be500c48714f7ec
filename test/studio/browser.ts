/** Studio in a real browser, over the real program. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
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
  readonly context?: BrowserContextOptions;
}

/** A window of its own, signed in. */
export async function visit(browser: Browser, { url, as = {}, context = {} }: Visiting): Promise<Visit> {
  const window = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...context });
  const page = await window.newPage();
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

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}
