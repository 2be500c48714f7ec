/** A small page per problem type: what `type` in a problem points to. */
import { html, pageOf, pageResponse, prose } from './pages.ts';
import { problems, type ProblemName } from './problems.ts';

const names = Object.keys(problems) as ProblemName[];
const pages = new Map<string, string>(names.map((name) => [name, page(name)]));

/** `GET /problems/{name}`: undefined if there is no such problem. */
export function problemPage(name: string): Response | undefined {
  const text = pages.get(name);
  return text === undefined ? undefined : pageResponse(text);
}

/** `GET /problems`: all of them. */
export function problemList(): Response {
  const items = names.map(
    (name) => html`<li><a href="/problems/${name}">${name}</a> ${problems[name].title}</li>`,
  );
  return pageResponse(
    pageOf(
      'Problems',
      html`<h1>Problems</h1>
        <ul>
          ${items}
        </ul>
        <p><a href="/docs">The whole contract</a></p>`,
    ),
  );
}

function page(name: ProblemName): string {
  const { status, title, meaning, remedy } = problems[name];
  return pageOf(
    title,
    html`<h1>${title}</h1>
      <p><code>${name}</code>, HTTP ${status}</p>
      <h2>What it means</h2>
      <p>${prose(meaning)}</p>
      <h2>What to do</h2>
      <p>${prose(remedy)}</p>
      <p><a href="/problems">All problems</a>, <a href="/docs">the whole contract</a></p>`,
  );
}
