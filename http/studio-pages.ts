/** `/studio`: the built page and its files. Everything comes from this server, and nothing else may run in it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { reading } from './edge.ts';

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // React sets single styles of elements through the page's own script, which needs no permission.
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const pageHeaders = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** Its name has the hash of what is in it, so it never changes. */
const forGood = 'public, max-age=31536000, immutable';

interface Page {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

export interface StudioPages {
  /** Where it was built. Files are read once; what is not there cannot be asked for. */
  readonly folder: string;
  /** Called whenever somebody opens the page. */
  readonly onOpen: () => void;
}

export function addStudio(app: Hono, { folder, onOpen }: StudioPages): void {
  const index = fileIn(folder, 'index.html');
  const assets = new Map(
    namesIn(join(folder, 'assets')).map((name) => [name, fileIn(join(folder, 'assets'), name)]),
  );
  const page = (): Response => {
    onOpen();
    return index === undefined
      ? new Response(notBuilt, {
          status: 503,
          headers: { ...pageHeaders, 'content-type': contentTypes['html'] ?? '' },
        })
      : new Response(index.body, { headers: { ...pageHeaders, 'content-type': index.type } });
  };
  app.all('/studio', reading(page));
  app.all('/studio/', reading(page));
  // Where a provider sends one back to: the page goes on from there.
  app.all('/studio/signed-in', reading(page));
  app.all(
    '/studio/assets/:name',
    reading((c) => {
      const asset = assets.get(c.req.param('name') ?? '');
      if (asset === undefined) return c.notFound();
      const headers = {
        'content-type': asset.type,
        'cache-control': forGood,
        'x-content-type-options': 'nosniff',
      };
      return new Response(asset.body, { headers });
    }),
  );
}

const notBuilt =
  '<!doctype html><html lang="en"><title>Waybill Studio</title><p>Studio has not been built here. Run <code>npm run studio</code>, then start the server again.</p></html>';

/** None, where it has not been built; the page says so. */
function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function fileIn(folder: string, name: string): Page | undefined {
  const path = join(folder, name);
  if (!existsSync(path)) return undefined;
  const type = contentTypes[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
  return { body: new Uint8Array(readFileSync(path)), type };
}
