/** `/dead-letters`: what nobody could handle, and what operators decide about it. */
import type { Hono } from 'hono';
import { byMethod, type Edge } from '../edge.ts';
import { bulk, settleOne } from './decisions.ts';
import { list, one, rehearse } from './reading.ts';

export function addDeadLetters(app: Hono, edge: Edge): void {
  app.all('/dead-letters', (c) => byMethod(c, { GET: () => list(edge, c) }));
  app.all('/dead-letters/redrive', (c) => byMethod(c, { POST: () => bulk(edge, c, 'redriven') }));
  app.all('/dead-letters/discard', (c) => byMethod(c, { POST: () => bulk(edge, c, 'discarded') }));
  app.all('/dead-letters/:id', (c) => byMethod(c, { GET: () => one(edge, c) }));
  app.all('/dead-letters/:id/rehearse', (c) => byMethod(c, { POST: () => rehearse(edge, c) }));
  app.all('/dead-letters/:id/redrive', (c) => byMethod(c, { POST: () => settleOne(edge, c, 'redriven') }));
  app.all('/dead-letters/:id/discard', (c) => byMethod(c, { POST: () => settleOne(edge, c, 'discarded') }));
}
