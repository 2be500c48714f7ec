/** `GET /docs`: the contract as a page for people. The same routes as in the document, told in another way. */
import type { HtmlEscapedString } from 'hono/utils/html';
import { html, pageOf, prose } from '../pages.ts';
import { problems, type ProblemName } from '../problems.ts';
import { nameInWords, upperFirst } from '../prose/words.ts';
import { fieldsIn, typeInWords } from './fields.ts';
import { groupsOf, routesOf, type Offer } from './openapi.ts';
import { requestHeaders, type Parameter, type Route } from './route.ts';

type Html = HtmlEscapedString;

export function docsPage(offer: Offer): string {
  const routes = routesOf(offer);
  const groups = groupsOf(routes, offer.registry).map(({ name, description }) => ({
    ...{ name, description, anchor: name.replaceAll(' ', '-') },
    title: upperFirst(nameInWords(name)),
    routes: routes.filter(({ group }) => group === name),
    isKind: offer.registry.has(name),
  }));
  const links = groups.map(({ title, anchor }) => html`<li><a href="#${anchor}">${title}</a></li>`);
  return pageOf(
    'Waybill: the HTTP contract',
    html`<h1>Waybill: the HTTP contract</h1>
      ${introduction(offer)}
      <nav aria-label="Groups">
        <ul class="links">
          ${links}
        </ul>
      </nav>
      ${groups.map((group) => section(group, offer))}`,
  );
}

function introduction({ hasStudio = false }: Offer): Html {
  const headers = Object.entries(requestHeaders).map(
    ([name, about]) =>
      html`<dt><code>${name}</code></dt>
        <dd>${prose(about)}</dd>`,
  );
  return html`<p>
      Orders and all that belongs to them are <em>actors</em>: charts that live on the server. You read one at
      its address, list those of its kind, and send it commands. What its chart does not allow is refused with
      the reason, and the refusal stands in its history.
    </p>
    <ul>
      <li>
        Send <code>Authorization: Bearer …</code>, and JSON; a development server prints a token at start.
      </li>
      <li>
        Lists have <code>items</code> and <code>next</code>: the <code>cursor</code> of the next page, or
        null.
      </li>
      <li>Whatever fails is a <a href="/problems">problem</a>, with what to do about it.</li>
    </ul>
    <p>
      For tools: <a href="/openapi.json">OpenAPI</a>; what actors tell each other:
      <a href="/asyncapi.json">AsyncAPI</a>.
      ${hasStudio ? html`Who is in which state now: <a href="/studio">Studio</a>.` : ''}
    </p>
    <p>The examples work as they stand after</p>
    <pre tabindex="0"><code>export WAYBILL=http://localhost:3000 TOKEN=… ID=…</code></pre>
    <h2>Headers that you may send</h2>
    <dl>${headers}</dl>`;
}

interface Group {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly anchor: string;
  readonly routes: readonly Route[];
  readonly isKind: boolean;
}

function section({ name, title, description, anchor, routes, isKind }: Group, { hasStudio }: Offer): Html {
  const chart = html`<p>
    <a href="/studio?view=process&machine=${name}">Its chart in Studio</a>; as a picture or in words:
    <code>GET /machines/${name}.svg</code>, <code>.md</code>
  </p>`;
  return html`<section aria-labelledby="${anchor}">
    <h2 id="${anchor}">${title}</h2>
    <p class="quiet">${prose(description)}</p>
    ${isKind && hasStudio === true ? chart : ''} ${routes.map(operation)}
  </section>`;
}

function operation(route: Route): Html {
  const { method, path, id, summary, about, query, body, answers } = route;
  const rows = answers.map(
    ({ status, about: said }) =>
      html`<dt>${status}</dt>
        <dd>${prose(said)}</dd>`,
  );
  return html`<details id="${id}">
    <summary><b>${method}</b> <code>${path}</code> <small>${prose(summary)}</small></summary>
    <div>
      ${about === undefined ? '' : html`<p>${prose(about)}</p>`}
      <dl>${who(route)}</dl>
      ${query === undefined ? '' : queryTable(query)} ${body === undefined ? '' : bodyTable(body)}
      <h3>Example</h3>
      <pre tabindex="0"><code>${curlOf(route)}</code></pre>
      <h3>Answers</h3>
      <dl class="codes">${rows} ${problemRows(route.problems)}</dl>
    </div>
  </details>`;
}

function who({ roles, states, headers = [], isOpen }: Route): Html[] {
  const row = (name: string, value: unknown): Html =>
    html`<dt>${name}</dt>
      <dd>${value}</dd>`;
  const allowed =
    roles?.join(', ') ?? (isOpen === true ? 'everybody, without a token' : 'everybody with a token');
  const places = states?.map((state) => (state === '' ? html`every state` : html`<code>${state}</code>`));
  const sent = headers.map((name) => html`<code>${name}</code>`);
  return [
    row('For', allowed),
    ...(places === undefined ? [] : [row('In state', joined(places))]),
    ...(sent.length === 0 ? [] : [row('Headers', joined(sent))]),
  ];
}

function joined(parts: readonly Html[]): Html[] {
  return parts.map((part, index) => (index === 0 ? part : html`, ${part}`));
}

function queryTable(query: Readonly<Record<string, Parameter>>): Html {
  const rows = Object.entries(query).map(([name, { about, schema }]) =>
    fieldRow({ name, type: typeInWords(schema), about }),
  );
  return table('Query', ['parameter', 'value', 'meaning'], rows);
}

function bodyTable({ schema }: NonNullable<Route['body']>): Html {
  const rows = fieldsIn(schema).map((field) =>
    fieldRow({ ...field, name: field.isRequired ? field.name : `${field.name}?` }),
  );
  if (rows.length === 0) return html`<p class="quiet">The body is empty, or <code>{}</code>.</p>`;
  return table('Body (? may be left out)', ['field', 'value', 'meaning'], rows);
}

function table(title: string, head: readonly string[], rows: readonly Html[]): Html {
  return html`<h3>${title}</h3>
    <table>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`;
}

function fieldRow({ name, type, about }: { name: string; type: string; about: string }): Html {
  return html`<tr>
    <td><code>${name}</code></td>
    <td><small>${prose(type)}</small></td>
    <td>${prose(about)}</td>
  </tr>`;
}

function problemRows(names: readonly ProblemName[]): Html[] {
  const groups = Map.groupBy(names, (name) => problems[name].status);
  return [...groups]
    .toSorted(([one], [other]) => one - other)
    .map(([status, group]) => {
      const links = group.map((name) => html`<a href="/problems/${name}">${name}</a>`);
      return html`<dt>${status}</dt>
        <dd>${joined(links)}</dd>`;
    });
}

/** In braces a parameter would mean something else to curl. */
function curlOf({ method, path, body, isOpen, answers }: Route): string {
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const isStream = answers.some(({ types }) => types?.includes('text/event-stream') === true);
  const sent = body?.example === undefined ? undefined : quoted(body.example);
  const parts = [
    `curl ${isStream ? '-N ' : ''}${method === 'GET' ? '' : `-X ${method} `}"$WAYBILL${url}"`,
    ...(isOpen === true ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(sent === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${sent}`]),
  ];
  return parts.join(' \\\n  ');
}

function quoted(example: unknown): string {
  const short = JSON.stringify(example);
  const text = short.length > 60 ? JSON.stringify(example, null, 2).replaceAll('\n', '\n  ') : short;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
