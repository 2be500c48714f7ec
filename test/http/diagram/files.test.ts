/** What `/machines/{kind}.…` gives beside the data. */
import { expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { definitions } from '../../../actors/registry.ts';
import { chartOf } from '../../../http/chart.ts';
import { draw } from '../../../http/diagram/drawing.ts';
import { createPictures } from '../../../http/diagram/pictures.ts';
import { scxmlOf } from '../../../http/diagram/scxml.ts';
import { kindPage } from '../../../http/prose/page.ts';

const chart = chartOf(
  createMachine({
    id: 'door',
    initial: 'open',
    states: {
      open: { description: 'Wide <open>', on: { 'door.close': { target: 'shut', actions: 'creak' } } },
      shut: {
        on: { 'door.open': { target: 'open', guard: 'isUnlocked' }, 'door.knock': { actions: 'bark' } },
        after: { 500: { target: 'locked' } },
      },
      locked: { type: 'final' },
    },
  }),
);
const request = { chart, name: 'door', figures: false, format: 'svg' } as const;

it('marks states and transitions in the SVG, for a page to find', async () => {
  const svg = String(await draw({ ...request, figures: true }));
  for (const state of ['', 'open', 'shut', 'locked']) expect(svg).toContain(`data-state="${state}"`);
  expect(svg).toContain('data-from="shut" data-to="open" data-event="door.open" data-guard="isUnlocked"');
  expect(svg).toContain('data-from="shut" data-event="door.knock"');
  expect(svg).toContain('data-from="shut" data-to="locked" data-event="after 500"');
  expect(svg.match(/<rect class="figures"/g)).toHaveLength(3);
  expect(svg).toContain('Wide &#60;open&#62;');
  expect(svg).not.toMatch(/<style|<script|href/);
});

it('draws the same chart the same, byte for byte', async () => {
  expect(await draw(request)).toBe(await draw(request));
});

it('draws in a thread, once for a key, and as PNG', async () => {
  const pictures = createPictures();
  const [one, other] = [pictures.draw(request, 'door'), pictures.draw(request, 'door')];
  expect(one).toBe(other);
  expect(await one).toBe(await draw(request));
  const png = (await pictures.draw({ ...request, format: 'png' }, 'door')) as Uint8Array;
  expect([...png.slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
});

it('gives up a picture that takes too long, and draws the next', async () => {
  const pictures = createPictures({ drawMs: 1 });
  await expect(pictures.draw(request, 'door')).rejects.toThrow('longer than 1 ms');
  await expect(pictures.draw(request, 'door')).rejects.toThrow('longer than 1 ms');
});

it('refuses to let too many wait', async () => {
  const pictures = createPictures({ waitingMax: 1 });
  const first = pictures.draw(request);
  await expect(pictures.draw(request)).rejects.toThrow('too many');
  await expect(first).resolves.toContain('<svg');
});

it('says in the error which chart has no picture, and why, and draws the next', async () => {
  const broken = { ...chart, root: { ...chart.root, initial: 'nowhere' } };
  const pictures = createPictures();
  const [refused, drawn] = [pictures.draw({ ...request, chart: broken }), pictures.draw(request)];
  await expect(refused).rejects.toThrow('the chart of door');
  expect(await drawn).toBe(await draw(request));
});

it('writes SCXML, with timers as SCXML has them', () => {
  expect(scxmlOf('door', chart)).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript" name="door" initial="open">
      <state id="open">
        <!-- Wide &#60;open&#62; -->
        <transition event="door.close" target="shut">
          <script>creak()</script>
        </transition>
      </state>
      <state id="shut">
        <onentry>
          <send id="after.500.shut" event="after.500.shut" delayexpr="'500ms'"/>
        </onentry>
        <onexit>
          <cancel sendid="after.500.shut"/>
        </onexit>
        <transition event="door.open" cond="isUnlocked()" target="open"/>
        <transition event="door.knock">
          <script>bark()</script>
        </transition>
        <transition event="after.500.shut" target="locked"/>
      </state>
      <final id="locked"/>
    </scxml>
    "
  `);
});

it.each(definitions.map((definition) => [definition.kind, definition] as const))(
  'writes %s as SCXML and in words',
  (kind, definition) => {
    const { states } = chartOf(definition.machine);
    const scxml = scxmlOf(kind, chartOf(definition.machine));
    for (const { id } of states) expect(scxml).toContain(`id="${id}"`);
    const page = kindPage(definition);
    for (const { id } of states) expect(page).toContain(`\`${id}\``);
  },
);
