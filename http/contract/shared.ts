/** The routes that are not about one actor: charts, streams, dead letters, webhooks, the sandbox, the server itself. */
import type { Registry } from '../../runtime/core/registry.ts';
import { bulkDecision, decision } from '../dead-letters/decisions.ts';
import { previewBody } from '../preview/preview.ts';
import type { SandboxPages } from '../sandbox.ts';
import type { WebhookSources } from '../webhooks.ts';
import { cursor, eventStream, eventsAbout, limit } from './actors.ts';
import { bodyOf } from './bodies.ts';
import { asked, bodied, type Answer, type Parameter, type Route } from './route.ts';

const text = (about: string): Parameter => ({ about, schema: { type: 'string' } });
const choiceOf = (about: string, values: readonly string[]): Parameter => ({
  about,
  schema: { type: 'string', enum: values },
});
const listOf = (about: string, values: readonly string[]): Parameter => ({
  about: `${about}, with commas between: ${values.join(', ')}`,
  schema: { type: 'string' },
});
const ok = (schema: string, about = 'As asked for'): Answer => ({ status: 200, about, schema });

const pictures = ['image/svg+xml', 'image/png'];
const texts = ['application/scxml+xml', 'text/vnd.mermaid', 'text/markdown'];

export function machineRoutes(registry: Registry): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/machines', id: 'listMachines', group: 'machines' },
      summary: 'List the kinds of actors',
      answers: [ok('Machines')],
      problems: asked,
    },
    {
      ...{ method: 'GET', path: '/machines/{kind}', id: 'getMachine', group: 'machines' },
      summary: 'Read a chart, as data or in another form',
      about:
        'Alone or with `.json` as data; `.svg` or `.png` as a picture, `.md` in words, `.scxml` and `.mmd` for other tools.',
      parameters: {
        kind: {
          about: 'A kind of actor, and a form',
          schema: {
            type: 'string',
            pattern: `^(${[...registry.keys()].join('|')})(\\.(json|svg|png|md|scxml|mmd))?$`,
          },
        },
      },
      query: { figures: text('Pictures leave room for numbers') },
      headers: ['If-None-Match'],
      answers: [
        { ...ok('Machine'), types: ['application/json', ...pictures, ...texts] },
        { status: 304, about: 'You have it', headers: ['ETag'] },
      ],
      problems: [...asked, 'not-found', 'invalid'],
    },
  ];
}

/** Numbers of all actors are for those who may see all. */
export function figureRoutes(registry: Registry): Route[] {
  const boarded = [...registry].filter(([, { definition }]) => definition.board !== undefined);
  const roles = ['those who may see every actor of the kind'];
  const kind = choiceOf('A kind of actor', [...registry.keys()]);
  const shared = { group: 'machines', parameters: { kind }, roles } as const;
  const problems = [...asked, 'forbidden', 'not-found'] as const;
  return [
    {
      ...{ method: 'GET', path: '/machines/{kind}/figures', id: 'getFigures', ...shared },
      summary: 'Read how many are in which state and for how long',
      answers: [ok('Figures')],
      problems,
    },
    {
      ...{ method: 'GET', path: '/machines/{kind}/live', id: 'streamFigures', ...shared },
      summary: 'Follow the figures',
      about: 'Server-sent events `figures`, whenever they have changed, once a second at most.',
      answers: [eventStream],
      problems,
    },
    {
      ...{ method: 'GET', path: '/machines/{kind}/board', id: 'getBoard', ...shared },
      summary: 'Read the business figures of the last hour or day',
      parameters: {
        kind: choiceOf(
          'A kind that has a board',
          boarded.map(([name]) => name),
        ),
      },
      query: { window: { about: 'How far back', schema: { enum: ['1h', '24h'], default: '24h' } } },
      answers: [ok('Board')],
      problems: [...problems, 'invalid'],
    },
    {
      ...{ method: 'POST', path: '/machines/{kind}/preview', id: 'previewMachine', ...shared },
      summary: 'Compare with the chart of another build, and see whom it would strand',
      about: '`chart` is the `/machines/{kind}.json` of the other build.',
      body: { name: 'OtherChart', schema: bodyOf('OtherChart', previewBody).schema },
      answers: [ok('Preview')],
      problems: [...problems, ...bodied],
    },
  ];
}

export function streamRoutes(registry: Registry): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/events', id: 'streamEvents', group: 'events' },
      summary: 'Follow what happens to all actors that you may see',
      about: eventsAbout,
      query: {
        kind: listOf('Only these kinds', [...registry.keys()]),
        outcome: listOf('Only these', ['accepted', 'refused']),
      },
      headers: ['Last-Event-ID'],
      answers: [eventStream],
      problems: [...asked, 'invalid'],
    },
  ];
}

export function deadLetterRoutes(): Route[] {
  const group = 'dead letters';
  const roles = ['admin'];
  const one = { group, roles, parameters: { id: text('The id of the letter') } };
  const reading = [...asked, 'forbidden'] as const;
  const deciding = [...reading, ...bodied] as const;
  const ends = ['not-found', 'illegal-transition', 'guard-refused', 'unknown-outcome'] as const;
  return [
    {
      ...{ method: 'GET', path: '/dead-letters', id: 'listDeadLetters', group, roles },
      summary: 'List what nobody could handle, the newest first, with groups by cause',
      query: {
        status: {
          about: 'Which',
          schema: { enum: ['open', 'redriven', 'discarded', 'all'], default: 'open' },
        },
        ...{
          kind: text('Whom it was for'),
          actor: text('Its id'),
          event: text('What it was'),
          cause: text('Why'),
        },
        ...{ limit, cursor },
      },
      answers: [{ ...ok('DeadLetters', 'A page'), headers: ['Link'] }],
      problems: [...reading, 'invalid'],
    },
    ...(['redrive', 'discard'] as const).map((how): Route => ({
      ...{ method: 'POST', path: `/dead-letters/${how}`, id: `${how}DeadLetters`, group, roles },
      summary: `${inWords[how]} all open ones that the filter names, the oldest first`,
      body: bodyOf('DeadLettersDecision', bulkDecision),
      answers: [ok('Settled')],
      problems: deciding,
    })),
    {
      ...{ method: 'GET', path: '/dead-letters/{id}', id: 'getDeadLetter', ...one },
      summary: 'Read one with its message',
      answers: [ok('DeadLetterWithMessage')],
      problems: [...reading, 'not-found'],
    },
    {
      ...{ method: 'POST', path: '/dead-letters/{id}/rehearse', id: 'rehearseDeadLetter', ...one },
      summary: 'Ask what would come of it now; nothing does',
      answers: [ok('Rehearsal')],
      problems: [...reading, 'not-found', 'guard-refused'],
    },
    ...(['redrive', 'discard'] as const).map((how): Route => ({
      ...{ method: 'POST', path: `/dead-letters/{id}/${how}`, id: `${how}DeadLetter`, ...one },
      summary: `${inWords[how]} it, once`,
      body: bodyOf('DeadLetterDecision', decision),
      answers: [ok('DeadLetter')],
      problems: [...deciding, ...ends],
    })),
  ];
}

const inWords = { redrive: 'Send again', discard: 'Discard' };

export function webhookRoutes({ payments, carriers }: WebhookSources): Route[] {
  const from = (what: string, names: readonly string[], parameter: string): Route => ({
    ...{ method: 'POST', path: `/webhooks/${what}/{${parameter}}`, group: 'webhooks' },
    id: `take${parameter.charAt(0).toUpperCase()}${parameter.slice(1)}Webhook`,
    summary: `What a ${parameter} tells by itself`,
    about:
      'No token: the signature over the raw bytes says who it is. 200 also for what was known, or is not news; what is sent and how it is signed, the sender says.',
    parameters: { [parameter]: choiceOf(`A ${parameter} that is on`, names) },
    answers: [ok('Received', 'Heard')],
    problems: ['malformed', 'unauthenticated', 'not-found', 'too-large', 'internal', 'unavailable'],
    isOpen: true,
  });
  return [
    from('payments', [...payments.keys()], 'gateway'),
    from('carriers', [...carriers.keys()], 'carrier'),
  ];
}

export function sandboxRoutes(pages: readonly SandboxPages[]): Route[] {
  const shared = { group: 'sandbox', roles: ['customer service', 'admin'] };
  const problems = ['unauthenticated', 'forbidden', 'internal', 'unavailable'] as const;
  return [
    {
      ...{ method: 'GET', path: '/sandbox/ledger', id: 'getSandboxLedger', ...shared },
      summary: 'Read what the world outside has seen',
      answers: [ok('Anything')],
      problems,
    },
    ...pages
      .flatMap(({ routes }) => routes)
      .map(({ method, path, schema }): Route => {
        const name = path.split('/').filter((part) => part !== '' && !part.startsWith(':'));
        const id = ['sandbox', ...name]
          .map((part, at) => (at === 0 ? part : part.charAt(0).toUpperCase() + part.slice(1)))
          .join('');
        return {
          ...{ method, path: `/sandbox${path.replace(/:(\w+)/g, '{$1}')}`, id, ...shared },
          summary: schema.description ?? `Tell the sandbox: ${name.join(', ')}`,
          body: bodyOf(id, schema),
          answers: [ok('Anything', 'Done')],
          problems: [...problems, ...bodied, 'not-found'],
        };
      }),
  ];
}

export function serverRoutes(): Route[] {
  const page = (path: string, id: string, summary: string): Route => ({
    ...{ method: 'GET', path, id, summary, group: 'server' },
    answers: [{ status: 200, about: 'A page', types: ['text/html'] }],
    problems: [],
    isOpen: true,
  });
  const data = (path: string, summary: string, answer: Answer): Route => ({
    ...{ method: 'GET', path, id: `get${answer.schema ?? 'Metrics'}`, summary, group: 'server' },
    answers: [answer],
    problems: path === '/readyz' ? ['unavailable'] : [],
    isOpen: true,
  });
  return [
    data('/', 'Where to go from here', ok('Index')),
    data('/livez', 'Whether the process answers', ok('Live')),
    data('/readyz', 'Whether it can do its work', ok('Ready')),
    data('/metrics', 'What it counts and how it stands, as Prometheus reads it', {
      ...{ status: 200, about: 'Text', types: ['text/plain'] },
    }),
    document('/openapi.json', 'getOpenApi', 'This contract, as OpenAPI 3.1'),
    document(
      '/asyncapi.json',
      'getAsyncApi',
      'What actors are told, and what is told of them, as AsyncAPI 3.0',
    ),
    page('/docs', 'readDocs', 'This contract, as a page'),
    page('/problems', 'readProblems', 'All problems'),
    {
      ...page('/problems/{name}', 'readProblem', 'One problem: what it means, and what to do'),
      problems: ['not-found'],
    },
  ];
}

function document(path: string, id: string, summary: string): Route {
  return {
    ...{ method: 'GET', path, id, summary, group: 'server' },
    headers: ['If-None-Match'],
    answers: [
      { ...ok('Anything'), headers: ['ETag'] },
      { status: 304, about: 'You have it', headers: ['ETag'] },
    ],
    problems: [],
    isOpen: true,
  };
}
