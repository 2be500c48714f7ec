/** The pages of the sandbox: what the world outside saw, and what it is told to do. For operators only. */
import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import { readBody, validate } from './body.ts';
import { authenticate, byMethod, jsonResponse, senderOf, type Edge } from './edge.ts';
import { ProblemError } from './problems.ts';

/** What a gateway or carrier of the sandbox shows, each under its own name. */
export interface SandboxPages {
  readonly name: string;
  /** All that it saw, as JSON. */
  ledger(): unknown;
  readonly routes: readonly SandboxRoute[];
}

export interface SandboxRoute {
  readonly method: 'POST' | 'PUT';
  /** Below `/sandbox`, with Hono’s parameters: `/carriers/:carrier`. */
  readonly path: string;
  readonly schema: z.ZodType;
  /** What is answered, as a JSON object; undefined: there is no such thing; a text says which. */
  run(given: { params: Readonly<Record<string, string>>; body: unknown }): unknown;
}

const operators = ['admin', 'cs'];

export function addSandbox(app: Hono, edge: Edge, pages: readonly SandboxPages[]): void {
  app.all('/sandbox/ledger', (c) => byMethod(c, { GET: () => ledger(edge, c, pages) }));
  for (const route of pages.flatMap(({ routes }) => routes)) {
    app.on(route.method, `/sandbox${route.path}`, async (c) => {
      await checkOperator(edge, c);
      const body = validate(route.schema, await readBody(senderOf(c), edge.limits));
      const answer = await route.run({ params: c.req.param(), body });
      if (answer === undefined || typeof answer === 'string')
        throw new ProblemError({ name: 'not-found', detail: answer ?? 'the sandbox knows of no such thing' });
      return jsonResponse(answer);
    });
  }
}

async function ledger(edge: Edge, c: Context, pages: readonly SandboxPages[]): Promise<Response> {
  await checkOperator(edge, c);
  return jsonResponse(Object.fromEntries(pages.map((page) => [page.name, page.ledger()])));
}

async function checkOperator(edge: Edge, c: Context): Promise<void> {
  const { roles } = (await authenticate(edge, c)).principal;
  if (roles.some((role) => operators.includes(role))) return;
  throw new ProblemError({ name: 'forbidden', detail: 'the sandbox is for admin and cs' });
}
