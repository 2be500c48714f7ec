/** The contract as an OpenAPI 3.1 document. The same definitions give the same document. */
import type { Registry } from '../../runtime/core/registry.ts';
import { chartOf } from '../chart.ts';
import { servedKinds } from '../kinds.ts';
import { nameInWords } from '../prose/words.ts';
import type { SandboxPages } from '../sandbox.ts';
import type { WebhookSources } from '../webhooks.ts';
import { actorRoutes, leavesOf, viewName } from './actors.ts';
import { answers, viewSchemas } from './answers.ts';
import { headersOf, problemResponses, problemSchemas, sharedResponses } from './problems.ts';
import { answerHeaders, requestHeaders, type Answer, type Parameter, type Route } from './route.ts';
import { refTo, schemasOf, type Schema } from './schema.ts';
import {
  deadLetterRoutes,
  figureRoutes,
  machineRoutes,
  sandboxRoutes,
  serverRoutes,
  streamRoutes,
  webhookRoutes,
} from './shared.ts';

/** What is served here. */
export interface Offer {
  readonly registry: Registry;
  readonly webhooks?: WebhookSources | undefined;
  readonly sandbox?: readonly SandboxPages[] | undefined;
  readonly hasStudio?: boolean;
}

/** Of the contract; raised with what a client could notice. */
const version = '1.0.0';

const introduction = `Orders and all that belongs to them are *actors*: statecharts that live on the server. Each is read at its address, listed with others of its kind, and sent commands; what its chart does not allow is refused with the reason, and the refusal stands in its history.

- Whatever fails is a problem of RFC 9457 (\`application/problem+json\`); its \`type\` leads to a page. Beside those named with each operation: 405 where a path does not take a method, 408 and 431 for requests that come too slowly or with too large headers.
- An \`Idempotency-Key\` makes repeats safe: done once, answered the same, but where the view is too large to keep, with the present one. \`If-Match\` with a view's \`ETag\` makes sure that you decide on what is.
- Lists answer \`items\` and \`next\`, a cursor for the next page.`;

export interface OpenApi {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly security: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: Readonly<Record<string, object>>;
}

export function routesOf({ registry, webhooks, sandbox }: Offer): Route[] {
  const kinds = [...servedKinds(registry).values()];
  return [
    ...kinds.flatMap((served) => {
      const kind = registry.get(served.kind);
      return kind === undefined ? [] : actorRoutes(kind, served);
    }),
    ...streamRoutes(registry),
    ...machineRoutes(registry),
    ...figureRoutes(registry),
    ...deadLetterRoutes(),
    ...(webhooks === undefined ? [] : webhookRoutes(webhooks)),
    ...(sandbox === undefined ? [] : sandboxRoutes(sandbox)),
    ...serverRoutes(),
  ];
}

export function openApiOf(offer: Offer): OpenApi {
  const routes = routesOf(offer);
  return {
    openapi: '3.1.1',
    info: { title: 'Waybill', version, description: introduction },
    tags: groupsOf(routes, offer.registry),
    security: [{ bearer: [] }],
    paths: pathsOf(routes),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      parameters: Object.fromEntries(Object.entries(requestHeaders).map(headerParameter)),
      headers: Object.fromEntries(
        Object.entries(answerHeaders).map(([name, description]) => [
          name,
          { description, schema: { type: 'string' } },
        ]),
      ),
      responses: sharedResponses(routes.map(({ problems }) => problems)),
      schemas: componentsOf(routes, offer.registry),
    },
  };
}

const groups: Readonly<Record<string, string>> = {
  events: 'What happens, as it happens',
  machines: 'The charts, and who is in which state',
  'dead letters': 'What nobody could handle',
  webhooks: 'What gateways and carriers tell by themselves',
  sandbox: 'The world outside, where it is only played',
  server: 'The server itself',
};

export function groupsOf(routes: readonly Route[], registry: Registry): OpenApi['tags'] {
  const names = [...new Set(routes.map(({ group }) => group))];
  return names.map((name) => {
    const kind = registry.get(name);
    const about = kind === undefined ? groups[name] : chartOf(kind.definition.machine).description;
    return { name, description: about ?? nameInWords(name) };
  });
}

function pathsOf(routes: readonly Route[]): OpenApi['paths'] {
  const byPath = Map.groupBy(routes, ({ path }) => path);
  return Object.fromEntries(
    [...byPath].map(([path, those]) => [
      path,
      Object.fromEntries(those.map((route) => [route.method.toLowerCase(), operationOf(route)])),
    ]),
  );
}

function operationOf(route: Route): object {
  const { id, group, summary, body, answers, problems, roles, states } = route;
  const description = descriptionOf(route);
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(description === '' ? {} : { description }),
    ...(route.isOpen === undefined ? {} : { security: [] }),
    parameters: parametersOf(route),
    ...(body === undefined ? {} : { requestBody: requestBodyOf(body) }),
    responses: {
      ...Object.fromEntries(answers.map((answer) => [String(answer.status), responseOf(answer)])),
      ...problemResponses(problems),
    },
    ...(roles === undefined ? {} : { 'x-roles': roles }),
    ...(states === undefined ? {} : { 'x-states': states }),
  };
}

function descriptionOf({ about, roles, states }: Route): string {
  const where = states?.map((state) => (state === '' ? 'every state' : `\`${state}\``)).join(', ');
  return [
    ...(about === undefined ? [] : [about]),
    ...(roles === undefined ? [] : [`For: ${roles.join(', ')}.`]),
    ...(where === undefined ? [] : [`In state: ${where}.`]),
  ].join('\n\n');
}

function parametersOf({ path, parameters = {}, query = {}, headers = [] }: Route): object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...parameterOf(name, parameters[name] ?? { about: name, schema: { type: 'string' } }),
    ...{ in: 'path', required: true },
  }));
  const inQuery = Object.entries(query).map(([name, parameter]) => ({
    ...parameterOf(name, parameter),
    in: 'query',
  }));
  return [...inPath, ...inQuery, ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` }))];
}

function parameterOf(name: string, { about, schema }: Parameter): object {
  return { name, description: about, schema };
}

function headerParameter([name, description]: [string, string]): [string, object] {
  return [name, { name, in: 'header', description, schema: { type: 'string' } }];
}

function requestBodyOf({ name, example }: NonNullable<Route['body']>): object {
  const content = { schema: refTo(name), ...(example === undefined ? {} : { example }) };
  return { content: { 'application/json': content } };
}

function responseOf({ about, schema, types = ['application/json'], headers }: Answer): object {
  const isBare = schema === undefined && types[0] === 'application/json';
  return {
    description: about,
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    ...(isBare ? {} : { content: Object.fromEntries(types.map((type) => [type, contentOf(type, schema)])) }),
  };
}

function contentOf(type: string, schema: string | undefined): object {
  return type === 'application/json' && schema !== undefined ? { schema: refTo(schema) } : {};
}

function componentsOf(routes: readonly Route[], registry: Registry): Record<string, Schema> {
  const views = [...registry.values()].flatMap((kind) => {
    const { kind: name } = kind.definition;
    const about = { kind: name, leaves: leavesOf(kind), commands: [...kind.commands.keys()] };
    return Object.entries(viewSchemas(viewName(name), about));
  });
  const sent = routes.flatMap(({ body }) => (body === undefined ? [] : [[body.name, body.schema] as const]));
  return {
    ...Object.fromEntries(sent),
    ...schemasOf({ ...answers, ...Object.fromEntries(views), ...problemSchemas() }),
  };
}
