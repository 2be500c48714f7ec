/** Studio as a person uses it. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { admin, tokenOf } from '../support/app.ts';
import { openShop } from '../support/shop.ts';
import { until } from '../support/until.ts';
import { colours, desktop, expectAccessible } from './browser.ts';
import { orderOf, placeOrder } from './order.ts';
import { startStudio } from './studio.ts';

const studio = startStudio({ begin: ({ post }) => openShop(post) });

/** What the picture says of a state. */
async function note(page: Page, state: string): Promise<string> {
  return (await page.locator(`g.state[data-state="${state}"] > text.note`).textContent()) ?? '';
}

/** Whether anything on the second chart has the colour of its first line. */
const isDrawn = `(() => {
  const probe = document.createElement('span');
  probe.style.color = 'var(--accent)';
  document.body.append(probe);
  const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
  probe.remove();
  const canvas = document.querySelectorAll('.chart canvas')[1];
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 255 && wanted.every((value, index) => data[at + index] === value)) return true;
  }
  return false;
})()`;

let orders = 0;

function order(): Promise<string> {
  return placeOrder(studio.app, `studio-${++orders}`);
}

describe('an address that is not right is said', () => {
  test.each([
    ['?view=board&machine=order&span=99y', 'A board cannot look back by 99y; this is the last day.'],
    ['?view=process&machine=order&state=nope', 'Order has no state nope.'],
  ])('%s', async (path, said) => {
    const { page, complaints } = await studio.open(`/studio${path}`);
    await page.getByText(said).waitFor();
    expect(complaints).toEqual([]);
  });

  test.each(['999999', 'nonsense'])('at=%s', async (at) => {
    const id = await order();
    const { page } = await studio.open(`/studio?view=actor&machine=order&actor=${id}&at=${at}`);
    await page.getByText(`Its history has no entry ${at}; this is how it is now.`).waitFor();
    await page.getByRole('slider').fill('0');
    await page.getByText('Its history has no entry').waitFor({ state: 'detached' });
  });
});

test('a value without neighbours is drawn, though no line leads to it', async () => {
  const { page } = await studio.open('/studio?view=process&machine=order');
  await page.route('**/board?window=*', async (route) => {
    const response = await route.fetch();
    const board = (await response.json()) as { steps: object[] };
    const steps = board.steps.map((step, n) => ({ ...step, p50Ms: n === 40 ? 5_000 : null, p95Ms: null }));
    await route.fulfill({ response, json: { ...board, steps } });
  });
  await page.getByRole('link', { name: 'Board' }).click();
  await page
    .getByRole('figure')
    .filter({ hasText: 'Time from beginning to end' })
    .locator('canvas')
    .waitFor();
  await until(() => page.evaluate<boolean>(isDrawn));
});

describe('signing in', () => {
  test('asks who one is, takes a token, and keeps the way there', async () => {
    const { page, complaints } = await studio.open('/studio?view=process&machine=warehouse', { as: null });
    await page.getByRole('heading', { name: 'Waybill Studio' }).waitFor();
    await expectAccessible(page);
    await page.getByLabel('Token').fill('nonsense');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('This is no token').waitFor();
    await page.getByLabel('Token').fill(`export TOKEN=${await tokenOf(admin)}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Warehouse' }).waitFor();
    expect(page.url()).not.toContain('eyJ');
    expect(complaints).toEqual([]);
  });

  test('a token that is not taken any more is asked for again, at the same place', async () => {
    const { page } = await studio.open('/studio?view=process&machine=order', { as: { agoMs: 7_200_000 } });
    await page.getByRole('alert').getByText('Please sign in again').waitFor();
    expect(page.url()).toContain('machine=order');
  });
});

describe('the process', () => {
  test('shows who is in which state, and follows what happens', async () => {
    const { page, complaints } = await studio.open('/studio?view=process&machine=fulfillment');
    await page.locator('g.state[data-state="progress.planned"]').waitFor();
    const before = await note(page, 'progress.planned');
    await order();
    await until(async () => (await note(page, 'progress.planned')) !== before);
    expect(await note(page, 'progress.planned')).toMatch(/^\d+ · longest/);
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  });

  test('a state tells what it is about, and who is there; the back button leads back', async () => {
    const id = await order();
    const { page } = await studio.open('/studio?view=process&machine=order');
    await page.locator('g.state[data-state="active.execution.inFulfillment"] text.name').click();
    const panel = page.getByRole('complementary', { name: 'State active.execution.inFulfillment' });
    await panel.getByRole('link', { name: id }).click();
    await page.getByRole('heading', { name: `Order ${id}` }).waitFor();
    await page.goBack();
    await panel.waitFor();
    await page.goBack();
    await panel.waitFor({ state: 'detached' });
  });

  test('can be walked with the arrow keys, and read as a table', async () => {
    const { page } = await studio.open('/studio?view=process&machine=warehouse');
    await page.locator('g.state').first().waitFor();
    await page.getByRole('application').focus();
    await page.keyboard.press('ArrowDown');
    const first = await page.getByRole('complementary').getByRole('heading', { level: 2 }).innerText();
    await page.keyboard.press('ArrowDown');
    await until(
      async () =>
        (await page.getByRole('complementary').getByRole('heading', { level: 2 }).innerText()) !== first,
    );
    const rows = page.getByRole('table', { name: 'All states' }).getByRole('row');
    const chart = (await (await studio.app.get('/machines')).json()) as {
      items: { kind: string; states: number }[];
    };
    const states = chart.items.find(({ kind }) => kind === 'warehouse')?.states ?? 0;
    expect(await rows.count()).toBe(states + 1);
  });

  test('shows where people try what cannot be', async () => {
    const id = await order();
    const { page } = await studio.open('/studio?view=process&machine=fulfillment&state=progress');
    await page.locator('g.state[data-state="progress.planned"]').waitFor();
    expect((await studio.app.post(`/fulfillments/${id}~f1/hand-over`, {})).status).toBe(409);
    await page.getByText('fulfillment.handOver').first().waitFor();
  });

  test('says what a customer may not see', async () => {
    const { page } = await studio.open('/studio?view=process&machine=order', { as: { roles: ['customer'] } });
    await page.getByText('for those who may see every order').waitFor();
    await page.locator('g.state').first().waitFor();
  });
});

describe('the board', () => {
  test('shows business figures, as pictures and as tables, and follows what happens', async () => {
    await order();
    const { page, complaints } = await studio.open('/studio?view=board&machine=order&span=1h');
    const began = page.locator('.numbers > div').filter({ hasText: 'Began' }).locator('strong');
    await until(async () => Number(await began.innerText()) > 0);
    const before = Number(await began.innerText());
    await order();
    await until(async () => Number(await began.innerText()) === before + 1);
    await page.getByRole('meter', { name: 'paid' }).waitFor();
    const chart = page.getByRole('figure').filter({ hasText: 'How many are where' });
    await chart.getByText('As a table').click();
    const table = chart.getByRole('table', { name: 'How many are where' });
    expect(await table.getByRole('row').count()).toBe(13);
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Last day' }).click();
    await page.waitForURL(/span=24h/);
    await until(async () => Number(await began.innerText()) > before);
    expect(complaints).toEqual([]);
  });

  test('is not there for kinds without one, and says so', async () => {
    const { page } = await studio.open('/studio?view=board&machine=payment');
    await page.getByText('payment has no board').waitFor();
  });
});

describe('an actor', () => {
  test('is found by its customer, shows its way, and goes back in time', async () => {
    const id = await order();
    const { page, complaints } = await studio.open('/studio?view=actor&machine=order');
    await page.getByLabel('Id, customer or order').fill(id);
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('heading', { name: `Order ${id}` }).waitFor();
    await page.locator('g.state.present[data-state="active.execution.inFulfillment"]').waitFor();
    expect(await page.locator('g.state.visited[data-state="sourcing"]').count()).toBe(1);
    await expectAccessible(page);
    await page.getByRole('slider').fill('0');
    await page.getByRole('heading', { name: 'What order.create changed' }).waitFor();
    expect(page.url()).toContain('at=');
    await page.locator('g.state.present[data-state="sourcing"]').waitFor();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByRole('heading', { name: 'What can be done now' }).waitFor();
    await page
      .getByRole('link', { name: `${id}~f1` })
      .first()
      .click();
    await page.getByRole('heading', { name: `Fulfillment ${id}~f1` }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('takes a command with a form, and says in words why it refuses one', async () => {
    const id = await order();
    const { page } = await studio.open(`/studio?view=actor&machine=order&actor=${id}`);
    await page.getByRole('button', { name: 'hold', exact: true }).click();
    await page.getByLabel('handle').fill('fraud');
    await page.getByLabel('reason').fill('a second look');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Send hold' }).click();
    await page.locator('g.state.present[data-state="active.hold.held"]').waitFor();
    expect((await orderOf(studio.app, id)).context.holds).toMatchObject([
      { handle: 'fraud', reason: 'a second look' },
    ]);
    await page.getByRole('button', { name: 'cancel line' }).click();
    await page.getByLabel('line id').fill('l1');
    await page.getByLabel('quantity').fill('9');
    await page.getByRole('button', { name: 'Send cancel line' }).click();
    await page.getByRole('alert').getByText('A condition is not met').waitFor();
  });

  test('shows what it holds, and offers its ids in forms', async () => {
    const id = await order();
    const { page, complaints } = await studio.open(`/studio?view=actor&machine=order&actor=${id}`);
    const contents = page.getByRole('region', { name: 'What it holds' });
    const line = contents.getByRole('table', { name: 'Lines' }).getByRole('row', { name: 'TEAPOT' });
    await line.getByText('€39.00').waitFor();
    await contents.getByText('1 Way').waitFor();
    await page.getByRole('button', { name: 'cancel line' }).click();
    const offered = await page.getByLabel('line id').getAttribute('list');
    expect(await page.locator(`[id="${offered ?? ''}"] option`).getAttribute('value')).toBe('l1');
    await contents.getByRole('link', { name: `${id}~p1` }).click();
    await contents.getByText('Captured').waitFor();
    await contents.getByText('€39.00').first().waitFor();
    await contents.getByRole('link', { name: id, exact: true }).click();
    await page.getByRole('heading', { name: `Order ${id}` }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('tells why the rest cannot happen', async () => {
    const id = await order();
    const { page } = await studio.open(`/studio?view=actor&machine=order&actor=${id}`, {
      as: { roles: ['customer', 'cs'] },
    });
    await page.getByText('What else can happen, and why not the rest').click();
    const barred = page.locator('.rest dl > div');
    await barred.filter({ hasText: 'order.place' }).getByText('only in draft').waitFor();
    await barred
      .filter({ hasText: /^order.resolveonly/ })
      .getByText('only for admin')
      .waitFor();
    await page.getByRole('heading', { name: 'It also waits for' }).waitFor();
    // Each has a row of its own, and room for its words.
    const [first, second] = [barred.nth(0), barred.nth(1)];
    const boxes = [await first.boundingBox(), await second.boundingBox()];
    expect(boxes[0]?.width).toBeGreaterThan(200);
    expect(boxes[1]).toMatchObject({ x: boxes[0]?.x, width: boxes[0]?.width });
    await expectAccessible(page);
  });

  test('tells what would happen, and nothing does', async () => {
    const id = await order();
    const { page } = await studio.open(`/studio?view=actor&machine=order&actor=${id}`);
    const panel = page.getByRole('region', { name: 'What if…' });
    await panel.getByLabel('This happened').selectOption('order.cancel');
    await panel.getByRole('button', { name: 'Try it' }).click();
    await panel.getByText('→ ending.stopping').waitFor();
    await panel.getByText(`tell fulfillment/${id}~f1: fulfillment.stop`).waitFor();
    await expectAccessible(page);
    await panel.getByLabel('This happened').selectOption('order.place');
    await panel.getByRole('button', { name: 'Try it' }).click();
    await panel.getByText('it is not taken in this state').waitFor();
    expect((await orderOf(studio.app, id)).states).toContain('active.execution.inFulfillment');
  });

  test('offers nothing to those who may do nothing', async () => {
    const id = await order();
    const { page } = await studio.open(`/studio?view=actor&machine=fulfillment&actor=${id}~f1`, {
      as: { roles: ['packer'] },
    });
    await page.getByText('Nothing by you').waitFor();
  });

  test('is searched for anew: what was not found before does not stand any longer', async () => {
    const id = await order();
    const { page } = await studio.open(`/studio?view=actor&machine=order&actor=${id}`);
    for (const wanted of ['nope', id]) {
      await page.getByLabel('Id, customer or order').fill(wanted);
      await page.getByRole('button', { name: 'Find' }).click();
      const state = wanted === id ? 'detached' : 'visible';
      await page.getByText('Nothing is known as nope').waitFor({ state });
    }
  });

  test('is found among many of the same customer', async () => {
    const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
    const lines = [{ sku: 'TEAPOT', quantity: 1, unitPrice: 100 }];
    for (let n = 0; n < 45; n++) {
      await studio.app.post('/orders', {
        id: `many-${n}`,
        customerId: 'many',
        currency: 'EUR',
        shipTo,
        lines,
        draft: true,
      });
    }
    const { page } = await studio.open('/studio?view=actor&machine=order');
    await page.getByLabel('Id, customer or order').fill('many');
    await page.getByRole('button', { name: 'Find' }).click();
    const more = page.getByRole('button', { name: 'Show more' });
    for (const count of [20, 40]) {
      await page.getByText(`The newest ${count} for many:`).waitFor();
      await more.click();
    }
    await page.getByText('45 for many:', { exact: true }).waitFor();
    expect(await more.count()).toBe(0);
    const links = page.getByRole('link', { name: /^many-/ });
    expect(new Set(await links.allTextContents()).size).toBe(45);
    await page.getByRole('link', { name: 'many-0', exact: true }).click();
    await page.getByRole('heading', { name: 'Order many-0' }).waitFor();
  });

  test('of a kind that does not exist is said', async () => {
    const { page } = await studio.open('/studio?view=actor&machine=nope&actor=x');
    await page.getByRole('alert').getByText('there is no machine of this name').waitFor();
  });

  test('that does not exist is said', async () => {
    const { page } = await studio.open('/studio?view=actor&machine=order&actor=nobody');
    await page.getByRole('alert').getByText('there is no order nobody').waitFor();
  });
});

test('is not said to be live before the server has been heard', async () => {
  const { page } = await studio.open('/studio?view=trouble');
  await page.getByText('There are none').waitFor();
  expect(await page.locator('.connection').textContent()).toBe('');
  let letGo = (): void => undefined;
  await page.route('**/live', async (route) => {
    await new Promise<void>((resolve) => (letGo = resolve));
    await route.continue();
  });
  await page.getByRole('link', { name: 'Process' }).click();
  await page.getByText('○ connecting…').waitFor();
  letGo();
  await page.getByText('● live').waitFor();
});

test('a server that goes away is said, and comes back by itself', async () => {
  const { page } = await studio.open('/studio?view=process&machine=warehouse');
  // Until the numbers are there nothing is streamed that could end.
  await page.locator('.summary').waitFor();
  await page.getByText('● live').waitFor();
  await studio.app.stop();
  await page.getByText('the server is away').waitFor();
  await studio.app.restart();
  await page.getByText('● live').waitFor();
});

test('every view works on a phone, and in the dark', async () => {
  const id = await order();
  const views: [string, string][] = [
    ['?view=process&machine=stockItem', 'Stock item'],
    [`?view=actor&machine=order&actor=${id}`, `Order ${id}`],
    ['?view=board&machine=order', 'Order board'],
    ['?view=trouble', 'Trouble'],
    ['?view=release&machine=order', 'Release of Order'],
  ];
  const { page } = await studio.open('/studio');
  for (const [path, title] of views) {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(`${studio.app.url}/studio${path}`);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await page.getByText('Loading…').waitFor({ state: 'detached' });
    await expectAccessible(page);
    expect([path, await isTooWide(page)]).toEqual([path, false]);
    await page.setViewportSize(desktop);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, colours);
    expect([path, await isTooWide(page)]).toEqual([path, false]);
  }
});

function isTooWide(page: Page): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}

test('is not to be framed, and runs nothing from elsewhere', async () => {
  const response = await fetch(`${studio.app.url}/studio`);
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect((await fetch(`${studio.app.url}/studio/assets/..%2findex.html`)).status).toBe(404);
  expect((await fetch(`${studio.app.url}/studio/assets/none.js`)).status).toBe(404);
});
