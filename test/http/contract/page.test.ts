/** `/docs` tells people what the document tells tools. */
import { expect, it } from 'vitest';
import { documentOf, operationsOf } from '../../support/contract.ts';
import { createHttpBench, type HttpBench } from '../../support/http.ts';

/** What stands between the beginning of an operation and its end. */
async function shown({ get }: Pick<HttpBench, 'get'>, id: string): Promise<string> {
  const { text } = await get('/docs', { as: null });
  const part = text.split(`<details id="${id}">`)[1]?.split('</details>')[0] ?? '';
  return part
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');
}

it('shows every operation of the document, and leads to every problem that there is', async () => {
  const bench = await createHttpBench();
  const { text } = await bench.get('/docs', { as: null });
  for (const { operation } of operationsOf(await documentOf(bench))) {
    expect(text).toContain(`<details id="${operation.operationId}">`);
  }
  const links = new Set([...text.matchAll(/href="(\/problems\/[^"]+)"/g)].map(([, path = '']) => path));
  expect(links.size).toBeGreaterThan(10);
  for (const path of links) expect((await bench.get(path, { as: null })).status).toBe(200);
});

it('shows who may send a command, in which states, with what, and what it may be answered', async () => {
  const part = await shown(await createHttpBench(), 'orderHold');
  expect(part).toContain('/orders/{id}/hold Stop work on the order');
  expect(part).toContain('For cs, admin');
  expect(part).toMatch(/In state [\w., ]*active/);
  expect(part).toMatch(/handle string, .* reason string, at most 500 characters/);
  expect(part).toContain(`curl -X POST "$WAYBILL/orders/$ID/hold"`);
  expect(part).toContain(`-d &#39;{"handle":"handle","reason":"reason"}&#39;`);
  expect(part).toMatch(/409 .*illegal-transition , guard-refused/);
});

it('marks what may be left out, and what it is then', async () => {
  const part = await shown(await createHttpBench(), 'createOrder');
  expect(part).toContain('customerId string');
  expect(part).toContain('draft? boolean; false if left out');
  expect(part).toContain('lines[].sku string');
});

it('runs no script, and takes nothing from elsewhere', async () => {
  const { get } = await createHttpBench();
  for (const path of ['/docs', '/problems', '/problems/invalid']) {
    const { text, headers } = await get(path, { as: null });
    expect(text).not.toMatch(/<script|<link|src=|https?:\/\/(?!localhost:3000)/);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
  }
});
