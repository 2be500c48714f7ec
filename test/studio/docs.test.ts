/** The pages without a script, in a real browser: the contract, and the problems. */
import { expect, test } from 'vitest';
import { colours, expectAccessible } from './browser.ts';
import { startStudio } from './studio.ts';

const studio = startStudio();

test('they can be read by everybody, by day and by night', async () => {
  const { page, complaints } = await studio.open('/docs', { as: null });
  for (const path of ['/docs', '/problems', '/problems/guard-refused']) {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(`${studio.app.url}${path}`);
    for (const each of (await page.locator('summary').all()).slice(0, 8)) await each.click();
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, colours);
  }
  expect(complaints).toEqual([]);
});

test('on a telephone nothing is wider than it', async () => {
  const { page } = await studio.open('/docs', { as: null, viewport: { width: 390, height: 844 } });
  await page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))");
  expect(await page.locator('details[open]').count()).toBeGreaterThan(50);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
});

test('from a command one comes to what may be refused, and back', async () => {
  const { page } = await studio.open('/docs', { as: null });
  await page.getByText('/orders/{id}/cancel-line').click();
  await page.locator('#orderCancelLine').getByRole('link', { name: 'guard-refused' }).click();
  await page.getByRole('heading', { name: 'A condition is not met' }).waitFor();
  await page.getByRole('link', { name: 'the whole contract' }).click();
  await page.getByRole('link', { name: 'Its chart in Studio' }).first().waitFor();
});
