/** The routes. One pattern per shape; what a path means is looked up in the definitions. */
import { Hono, type Context } from 'hono';
import { RetryableError, TerminalError, messageOf } from '../runtime/errors.ts';
import type { Authenticator } from './auth.ts';
import { command, create, unknownCommand } from './commands.ts';
import { addContract } from './contract/serving.ts';
import { board } from './board.ts';
import { authenticate, byMethod, pathOf, reading, type Edge } from './edge.ts';
import { actorEvents, events } from './events.ts';
import { addDeadLetters } from './dead-letters/routes.ts';
import { figures, liveFigures } from './figures.ts';
import { indexOf, livez, readyz } from './health.ts';
import { servedKinds, type Served } from './kinds.ts';
import { createMetrics } from './metrics.ts';
import { createMachines, type Machines } from './machines.ts';
import { options } from './options.ts';
import { problemList, problemPage } from './problem-pages.ts';
import { ProblemError, problemResponse, unavailable } from './problems.ts';
import { createRateLimit } from './rate.ts';
import { history, list, read } from './reads.ts';
import { addSandbox, type SandboxPages } from './sandbox.ts';
import { addStudio } from './studio-pages.ts';
import { addSignIn, type SignInOptions } from './studio-sign-in.ts';
import { createStreams, type Streams } from './streams.ts';
import { whatIf } from './what-if.ts';
import { addWebhooks, type WebhookSources } from './webhooks.ts';

export interface Limits {
  readonly bodyMaxBytes: number;
  /** How deeply a body may be nested. */
  readonly depthMax: number;
  /** For each caller; 0: as many as they like. */
  readonly requestsPerSecond: number;
}

export const defaultLimits: Limits = { bodyMaxBytes: 262_144, depthMax: 32, requestsPerSecond: 0 };

export interface AppOptions extends Pick<Edge, 'node' | 'clock' | 'random' | 'logger'> {
  readonly authenticator: Authenticator;
  readonly limits?: Partial<Limits>;
  /** Where the page was built; left out: there is none. */
  readonly studio?: string;
  /** Where its users sign in; left out: they paste a token. */
  readonly signIn?: SignInOptions;
  /** Whoever closes the server has to end them first: it would wait for them. */
  readonly streams?: Streams;
  /** Who may send webhooks, and how they are read. */
  readonly webhooks?: WebhookSources;
  /** Only where the sandbox is the world outside. */
  readonly sandbox?: readonly SandboxPages[];
}

/** Routes that are added to it later come into play wherever the path names no kind of actor. */
export function createApp(options: AppOptions): Hono {
  const { clock, logger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const streams = options.streams ?? createStreams({ clock, logger });
  const rate = createRateLimit(limits.requestsPerSecond, clock);
  const metrics = createMetrics(options.node);
  const edge: Edge = { ...options, limits, rate, streams, metrics };
  const kinds = servedKinds(edge.node.registry);
  const app = new Hono();
  app.onError((error, c) => failure(edge, c, error));
  app.notFound((c) => {
    const detail = `there is nothing at this path; actors are at: ${[...kinds.values()].map(({ path }) => path).join(', ')}`;
    return problemResponse({ name: 'not-found', detail }, pathOf(c));
  });
  const machines = createMachines(edge);
  addPages(app, edge, { kinds, machines });
  const { webhooks, sandbox } = options;
  const hasStudio = options.studio !== undefined;
  addContract(app, { registry: edge.node.registry, webhooks, sandbox, hasStudio });
  addDeadLetters(app, edge);
  if (webhooks !== undefined) addWebhooks(app, edge, webhooks);
  if (sandbox !== undefined) addSandbox(app, edge, sandbox);
  if (options.studio !== undefined) {
    addStudio(app, { folder: options.studio, onOpen: () => machines.prepare() });
    addSignIn(app, edge, options.signIn);
  }
  addActors(app, edge, kinds);
  return app;
}

interface Behind {
  readonly kinds: ReadonlyMap<string, Served>;
  readonly machines: Machines;
}

function addPages(app: Hono, edge: Edge, { kinds, machines }: Behind): void {
  app.all(
    '/',
    reading(() => indexOf(kinds)),
  );
  app.all('/livez', reading(livez));
  app.all(
    '/readyz',
    reading((c) => readyz(edge, c)),
  );
  app.all(
    '/metrics',
    reading(() => edge.metrics.answer()),
  );
  app.all(
    '/machines',
    reading((c) => machines.list(c)),
  );
  app.all(
    '/machines/:kind',
    reading((c) => machines.one(c)),
  );
  app.all(
    '/machines/:kind/figures',
    reading((c) => figures(edge, c)),
  );
  app.all(
    '/machines/:kind/board',
    reading((c) => board(edge, c)),
  );
  app.all('/machines/:kind/preview', (c) => byMethod(c, { POST: () => machines.preview(c) }));
  app.all(
    '/machines/:kind/live',
    reading((c) => liveFigures(edge, c)),
  );
  app.all(
    '/events',
    reading((c) => events(edge, c)),
  );
  app.all('/problems', reading(problemList));
  app.all(
    '/problems/:name',
    reading((c) => problemPage(c.req.param('name') ?? '') ?? c.notFound()),
  );
}

/** Three shapes for all kinds: `/orders`, `/orders/{id}`, and `/orders/{id}/{command}`, `…/history`, `…/events` or `…/options`. */
function addActors(app: Hono, edge: Edge, kinds: ReadonlyMap<string, Served>): void {
  app.all('/:plural', (c, next) => {
    const served = kinds.get(c.req.param('plural'));
    if (served === undefined) return next();
    const GET = (): Promise<Response> => list(edge, c, served);
    if (served.create === undefined) return byMethod(c, { GET });
    return byMethod(c, { GET, POST: () => create(edge, c, served) });
  });
  app.all('/:plural/:id', (c, next) => {
    const served = kinds.get(c.req.param('plural'));
    if (served === undefined) return next();
    return byMethod(c, { GET: () => read(edge, c, { served, id: c.req.param('id') }) });
  });
  app.all('/:plural/:id/:part', (c, next) => {
    const served = kinds.get(c.req.param('plural'));
    if (served === undefined) return next();
    return part(edge, c, { served, id: c.req.param('id'), name: c.req.param('part') }) ?? next();
  });
}

type Part = (edge: Edge, c: Context, of: { served: Served; id: string }) => Promise<Response>;

/** What can be read of an actor besides its view. */
const parts: Readonly<Record<string, Part>> = { history, events: actorEvents, options };

/** Undefined: there is nothing of this name to read here. */
function part(
  edge: Edge,
  c: Context,
  to: { served: Served; id: string; name: string },
): Response | Promise<Response> | undefined {
  const isCommand = to.served.commands.has(to.name);
  const POST = (): Promise<Response> => command(edge, c, to);
  const read = Object.hasOwn(parts, to.name) ? parts[to.name] : undefined;
  if (read !== undefined)
    return byMethod(c, { GET: () => read(edge, c, to), ...(isCommand ? { POST } : {}) });
  if (isCommand) return byMethod(c, { POST });
  if (to.name === 'what-if') return byMethod(c, { POST: () => whatIf(edge, c, to) });
  return c.req.method === 'POST' ? noSuchCommand(edge, c, to) : undefined;
}

async function noSuchCommand(
  edge: Edge,
  c: Context,
  { served, name }: { served: Served; name: string },
): Promise<never> {
  await authenticate(edge, c);
  throw unknownCommand(served, name);
}

function failure({ logger }: Edge, c: Context, error: Error): Response {
  const path = pathOf(c);
  if (error instanceof ProblemError) {
    logger.debug({ path, problem: error.problem.name }, error.message);
    return problemResponse(error.problem, path);
  }
  if (error instanceof RetryableError) {
    logger.warn({ path, error: messageOf(error) }, 'a server did not answer');
    return problemResponse(unavailable('a server behind this one does not answer').problem, path);
  }
  if (error instanceof TerminalError) {
    logger.error({ path, error: error.message }, 'what is stored cannot be used');
    return problemResponse({ name: 'internal', detail: error.message }, path);
  }
  logger.error({ path, error: messageOf(error), stack: error.stack }, 'a request failed unexpectedly');
  return problemResponse(
    { name: 'internal', detail: 'an error that nobody expected; it is in the log' },
    path,
  );
}
