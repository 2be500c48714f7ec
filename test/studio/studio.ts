/** What a file of tests looks at: the program at a place of its own, and a browser. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startApp, type App, type Env } from '../support/app.ts';
import { createCleanUp, openFile } from '../support/places.ts';
import { freePort } from '../support/ports.ts';
import { leavePages, openBrowser, visit, type Visit, type Visiting } from './browser.ts';

export interface Studio {
  /** Both from `beforeAll` on. */
  readonly app: App;
  readonly browser: Browser;
  /** A page of its own at this address of the program; it is closed after the test. */
  readonly open: (path: string, as?: Omit<Visiting, 'url'>) => Promise<Visit>;
}

interface Given {
  /** Puts something where the program will find it. */
  readonly prepare?: (place: Env) => Promise<void>;
  /** What the program is told before the tests. */
  readonly begin?: (app: App) => Promise<unknown>;
}

export function startStudio({ prepare, begin }: Given = {}): Studio {
  const cleanUp = createCleanUp();
  let app: App;
  let browser: Browser;

  beforeAll(async () => {
    const place = await openFile();
    cleanUp.add(() => place.close());
    await prepare?.(place.env);
    // Where it is found again after it was stopped.
    app = await startApp({ ...place.env, WAYBILL_PORT: await freePort() });
    cleanUp.add(() => app.stop());
    await begin?.(app);
    browser = await openBrowser();
    cleanUp.add(() => browser.close());
  });
  afterEach(() => leavePages(browser));
  afterAll(cleanUp.run);

  return {
    get app() {
      return app;
    },
    get browser() {
      return browser;
    },
    async open(path, as) {
      const visited = await visit(browser, { url: app.url, ...as });
      await visited.page.goto(`${app.url}${path}`);
      return visited;
    },
  };
}
