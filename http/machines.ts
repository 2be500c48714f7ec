/** The charts: as data, as pictures, as other tools read them, and in plain words. */
import type { Context } from 'hono';
import { seesAll } from '../runtime/definition.ts';
import type { Principal } from '../runtime/message.ts';
import type { Kind } from '../runtime/core/registry.ts';
import { chartOf, type Chart } from './chart.ts';
import { mermaidOf } from './diagram/mermaid.ts';
import { createPictures, type Pictures } from './diagram/pictures.ts';
import { scxmlOf } from './diagram/scxml.ts';
import { header, jsonResponse, type Edge } from './edge.ts';
import { isKnownTag } from './headers.ts';
import { preview } from './preview/preview.ts';
import { eventsOf } from './event-schemas.ts';
import { kindPage } from './prose/page.ts';
import { ProblemError } from './problems.ts';
import { wrong } from './queries.ts';
import { admitted } from './reads.ts';

export interface Machines {
  /** Somebody opens the page: the charts as it shows them are drawn before it asks, the first kind first. */
  prepare(): void;
  /** `POST /machines/{kind}/preview` */
  preview(c: Context): Promise<Response>;
  /** `GET /machines` */
  list(c: Context): Promise<Response>;
  /** `GET /machines/{kind}`, with `.json` or one of the other formats. */
  one(c: Context): Promise<Response>;
}

/** Worked out once: charts do not change while a process runs. */
interface Described {
  readonly kind: Kind;
  readonly chart: Chart;
  readonly data: object;
}

type Format = (described: Described, c: Context, principal: Principal) => Promise<Response> | Response;

export function createMachines(edge: Edge): Machines {
  const { registry, reader } = edge.node;
  const pictures = createPictures();
  const machines = new Map([...registry].map(([name, kind]) => [name, describe(kind)]));
  const formats: Readonly<Record<string, Format>> = {
    json: async ({ kind, data }, _, principal) =>
      jsonResponse({ ...data, ...(await liveOf(kind, principal)) }),
    ...pictureFormats(pictures),
    mmd: ({ kind, chart }) => text(mermaidOf(kind.definition.kind, chart), 'text/vnd.mermaid'),
    scxml: ({ kind, chart }) => text(scxmlOf(kind.definition.kind, chart), 'application/scxml+xml'),
    md: ({ kind }) => text(kindPage(kind.definition), 'text/markdown'),
  };

  let prepared: Promise<void> | undefined;

  /** A number of all actors is for those who may see all. */
  async function liveOf({ definition }: Kind, principal: Principal): Promise<{ live?: number }> {
    return seesAll(definition, principal) ? { live: await reader.live(definition.kind) } : {};
  }

  return {
    prepare() {
      // Whoever asks for one that cannot be drawn is told.
      prepared ??= drawAll(pictures, machines.values()).catch(() => undefined);
    },
    preview: (c) => preview(edge, c, pictures),
    async list(c) {
      const principal = await admitted(edge, c);
      const items = [...machines].map(async ([kind, { chart, ...described }]) => ({
        kind,
        plural: described.kind.definition.plural,
        version: described.kind.definition.version,
        states: chart.states.length,
        ...(await liveOf(described.kind, principal)),
      }));
      return jsonResponse({ items: await Promise.all(items), next: null });
    },
    async one(c) {
      const principal = await admitted(edge, c);
      const [, name = '', format = 'json'] = /^([^.]*)(?:\.(.*))?$/s.exec(c.req.param('kind') ?? '') ?? [];
      const machine = machines.get(name);
      if (machine === undefined)
        throw unknown(`there is no machine of this name; there are: ${[...machines.keys()].join(', ')}`);
      const answer = Object.hasOwn(formats, format) ? formats[format] : undefined;
      if (answer === undefined) {
        throw unknown(
          `a machine can be had as ${Object.keys(formats)
            .map((each) => `.${each}`)
            .join(', ')}`,
        );
      }
      return answer(machine, c, principal);
    },
  };
}

/** `?figures` leaves room for numbers in each state; the page writes them. */
function pictureFormats(pictures: Pictures): Readonly<Record<'svg' | 'png', Format>> {
  const as =
    (format: 'svg' | 'png', type: string): Format =>
    async ({ kind, chart }, c) => {
      const figures = hasFigures(c);
      const etag = `"${kind.hash}${figures ? '-figures' : ''}"`;
      if (isKnownTag(header(c, 'if-none-match'), etag)) {
        return new Response(null, { status: 304, headers: { etag } });
      }
      const { name, key } = pictureOf(kind);
      const picture = await pictures.draw({ chart, name, figures, format }, key);
      return new Response(picture, { headers: { 'content-type': type, 'cache-control': 'no-cache', etag } });
    };
  return { svg: as('svg', 'image/svg+xml'), png: as('png', 'image/png') };
}

function pictureOf({ definition, hash }: Kind): { name: string; key: string } {
  return { name: definition.kind, key: `${definition.kind} ${hash}` };
}

/** One after the other, so that what somebody asks for meanwhile waits for one at most. */
async function drawAll(pictures: Pictures, machines: Iterable<Described>): Promise<void> {
  for (const { kind, chart } of machines) {
    const { name, key } = pictureOf(kind);
    await pictures.draw({ chart, name, figures: true, format: 'svg' }, key);
  }
}

function hasFigures(c: Context): boolean {
  const names = [...new URL(c.req.url).searchParams.keys()];
  const [other] = names.filter((name) => name !== 'figures');
  if (other !== undefined) throw wrong(other.slice(0, 100), 'is not known; known are: figures');
  return names.length > 0;
}

function text(body: string, type: string): Response {
  return new Response(body, { headers: { 'content-type': `${type}; charset=utf-8` } });
}

function unknown(detail: string): ProblemError {
  return new ProblemError({ name: 'not-found', detail });
}

function describe(kind: Kind): Described {
  const { kind: name, version, plural, machine, targets, readers, money = [] } = kind.definition;
  const chart = chartOf(machine);
  const { id: _, key: __, states = [], ...root } = chart.root;
  const events = eventsOf(kind.definition);
  const data = {
    kind: name,
    version,
    plural,
    ...root,
    states,
    events,
    targets,
    money,
    readers: Object.keys(readers),
  };
  return { kind, chart, data };
}
