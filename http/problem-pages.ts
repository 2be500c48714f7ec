/** A small page per problem type: what `type` in a problem points to. */
import { problems, type ProblemName } from './problems.ts';

const names = Object.keys(problems) as ProblemName[];
const pages = new Map<string, string>(names.map((name) => [name, page(name)]));

/** `GET /problems/{name}`: undefined if there is no such problem. */
export function problemPage(name: string): Response | undefined {
  const html = pages.get(name);
  return html === undefined ? undefined : htmlResponse(html);
}

/** `GET /problems`: all of them. */
export function problemList(): Response {
  const items = names.map(
    (name) => `<li><a href="/problems/${name}">${name}</a> ${problems[name].title}</li>`,
  );
  return htmlResponse(layout('Problems', `<h1>Problems</h1><ul>${items.join('')}</ul>`));
}

function page(name: ProblemName): string {
  const { status, title, meaning, remedy } = problems[name];
  return layout(
    title,
    `<h1>${title}</h1><p><code>${name}</code>, HTTP ${status}</p>` +
      `<h2>What it means</h2><p>${prose(meaning)}</p><h2>What to do</h2><p>${prose(remedy)}</p>` +
      '<p><a href="/problems">All problems</a></p>',
  );
}

function prose(text: string): string {
  return text
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/`([^`]+)`/g, '<code>$1</code>');
}

function layout(title: string, body: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
    '<meta name="viewport" content="width=device-width">' +
    '<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}</style>' +
    `</head><body>${body}</body></html>`
  );
}

function htmlResponse(html: string): Response {
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    },
  });
}
