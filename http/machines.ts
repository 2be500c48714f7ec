/** The charts, as data and as diagrams. */
import type { Context } from 'hono';
import { z } from 'zod';
import { commandOf } from '../runtime/definition.ts';
import type { Kind } from '../runtime/registry.ts';
import { chartOf } from './chart.ts';
import { authenticate, checkRate, checkServers, jsonResponse, type Edge } from './edge.ts';
import { mermaidOf } from './mermaid.ts';
import { ProblemError } from './problems.ts';

/** Worked out once: charts do not change while a process runs. */
interface Described {
  readonly kind: string;
  readonly version: number;
  /** How many. */
  readonly states: number;
  readonly data: object;
  readonly mermaid: string;
}

export interface Machines {
  /** `GET /machines` */
  list(c: Context): Promise<Response>;
  /** `GET /machines/{kind}`, with `.json` or `.mmd`. */
  one(c: Context): Promise<Response>;
}

export function createMachines(edge: Edge): Machines {
  const machines = new Map([...edge.node.registry].map(([name, kind]) => [name, describe(kind)]));
  const { reader } = edge.node;

  return {
    async list(c) {
      await admitted(edge, c);
      const items = [...machines.values()].map(async ({ kind, version, states }) => {
        return { kind, version, states, live: await reader.live(kind) };
      });
      return jsonResponse({ items: await Promise.all(items), next: null });
    },
    async one(c) {
      await admitted(edge, c);
      const [, name = '', format = 'json'] = /^([^.]*)(?:\.(.*))?$/s.exec(c.req.param('kind') ?? '') ?? [];
      const machine = machines.get(name);
      if (machine === undefined)
        throw unknown(`there is no machine of this name; there are: ${[...machines.keys()].join(', ')}`);
      if (format === 'mmd') {
        return new Response(machine.mermaid, {
          headers: { 'content-type': 'text/vnd.mermaid; charset=utf-8' },
        });
      }
      if (format !== 'json') throw unknown('a machine can be had as .json and as .mmd');
      return jsonResponse({ ...machine.data, live: await reader.live(name) });
    },
  };
}

async function admitted(edge: Edge, c: Context): Promise<void> {
  checkRate(edge, await authenticate(edge, c));
  checkServers(edge);
}

function unknown(detail: string): ProblemError {
  return new ProblemError({ name: 'not-found', detail });
}

function describe({ definition }: Kind): Described {
  const { kind, version, plural, machine } = definition;
  const chart = chartOf(machine);
  const { id: _, key: __, states = [], ...root } = chart.root;
  return {
    kind,
    version,
    states: chart.states.length,
    data: { kind, version, plural, ...root, states, events: eventsOf(definition) },
    mermaid: mermaidOf(kind, chart),
  };
}

function eventsOf({ events, commands, create }: Kind['definition']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(events).map(([type, schema]) => {
      const access = commands[type] ?? (type === create.event ? create.access : undefined);
      const event = {
        description: schema.description,
        schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
        ...(commands[type] === undefined ? {} : { command: commandOf(type) }),
        ...(access === undefined ? {} : { roles: Object.keys(access) }),
      };
      return [type, event];
    }),
  );
}
