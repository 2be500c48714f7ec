/**
 * `POST /machines/{kind}/preview { chart }`: the chart that runs here beside another build's, what is different,
 * and which actors the other one could not go on with.
 */
import type { Context } from 'hono';
import { z } from 'zod';
import { kindOf } from '../../runtime/core/registry.ts';
import { readBody, validate } from '../body.ts';
import { chartFrom, chartOf, type ChartState } from '../chart.ts';
import type { Pictures } from '../diagram/pictures.ts';
import { jsonResponse, senderOf, type Edge } from '../edge.ts';
import { watchedKind } from '../figures.ts';
import { admitted } from '../reads.ts';
import { eventsOf } from '../event-schemas.ts';
import { invalid } from '../problems.ts';
import { differencesOf, lostLeaves, type Difference } from './differences.ts';
import { givenChart, rootOf, type GivenChart } from './given-chart.ts';

export interface PreviewJson {
  readonly kind: string;
  readonly before: Pictured;
  readonly after: Pictured;
  readonly differences: readonly Difference[];
  /** Actors in states that the other chart does not have: their version's migration has to lead them on. */
  readonly stranded: readonly Stranded[];
}

interface Pictured {
  readonly version: number;
  /** For the page: without colours of its own. */
  readonly svg: string;
}

interface Stranded {
  readonly state: string;
  readonly count: number;
  /** The newest few. */
  readonly ids: readonly string[];
}

export const previewBody = z.strictObject({ chart: givenChart });

export async function preview(edge: Edge, c: Context, pictures: Pictures): Promise<Response> {
  const name = watchedKind(edge, c, await admitted(edge, c));
  const { definition, hash } = kindOf(edge.node.registry, name);
  const { chart: given } = validate(previewBody, await readBody(senderOf(c), edge.limits)) as {
    chart: GivenChart;
  };
  if (given.kind !== name) {
    const message = `is of ${given.kind}, and not of ${name}`;
    throw invalid(`the chart ${message}`, [{ pointer: '/chart/kind', message }]);
  }
  const before = chartOf(definition.machine).root;
  const after = rootOf(given);
  const events = { before: schemasIn(eventsOf(definition)), after: schemasIn(given.events) };
  const draw = (root: ChartState, key?: string): Promise<string> =>
    pictures.draw({ chart: chartFrom(root), name, figures: true, format: 'svg' }, key) as Promise<string>;
  const shown: PreviewJson = {
    kind: name,
    before: { version: definition.version, svg: await draw(before, `${name} ${hash}`) },
    after: { version: given.version, svg: await draw(after) },
    differences: differencesOf(
      { root: before, events: events.before },
      { root: after, events: events.after },
    ),
    stranded: await strandedIn(edge, name, lostLeaves(before, after)),
  };
  return jsonResponse(shown, { 'cache-control': 'no-store' });
}

function schemasIn(events: Readonly<Record<string, { readonly schema?: unknown }>>): Record<string, unknown> {
  // Through JSON, as the other side has come.
  const plain = JSON.parse(JSON.stringify(events)) as typeof events;
  return Object.fromEntries(Object.entries(plain).map(([event, { schema }]) => [event, schema]));
}

async function strandedIn({ node }: Edge, kind: string, states: readonly string[]): Promise<Stranded[]> {
  const found = await Promise.all(
    states.map(async (state) => ({ state, ...(await node.reader.occupants(kind, state, 20)) })),
  );
  return found.filter(({ count }) => count > 0);
}
