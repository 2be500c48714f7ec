/** Where the contract is served. No token is needed: it tells of charts, not of actors. */
import { hash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { header, reading } from '../edge.ts';
import { isKnownTag } from '../headers.ts';
import { pageHeaders, pageType } from '../pages.ts';
import { asyncApiOf } from './asyncapi.ts';
import { openApiOf, type Offer } from './openapi.ts';
import { docsPage } from './page.ts';

export function addContract(app: Hono, offer: Offer): void {
  const asyncApi = (): string => JSON.stringify(asyncApiOf(offer.registry));
  app.all('/asyncapi.json', reading(madeOnce('application/json', asyncApi)));
  app.all('/docs', reading(madeOnce(pageType, () => docsPage(offer), pageHeaders)));
  app.all('/openapi.json', reading(madeOnce('application/json', () => JSON.stringify(openApiOf(offer)))));
}

interface Made {
  readonly text: string;
  readonly etag: string;
}

/** When somebody first asks: what it is made from does not change while a process runs. */
function madeOnce(
  type: string,
  make: () => string,
  headers: Readonly<Record<string, string>> = {},
): (c: Context) => Response {
  let made: Made | undefined;
  return (c) => {
    const { text, etag } = (made ??= withTag(make()));
    const shared = { ...headers, etag, 'cache-control': 'no-cache' };
    if (isKnownTag(header(c, 'if-none-match'), etag))
      return new Response(null, { status: 304, headers: shared });
    return new Response(text, { headers: { ...shared, 'content-type': type } });
  };
}

function withTag(text: string): Made {
  return { text, etag: `"${hash('sha256', text, 'base64url').slice(0, 22)}"` };
}
