/** Pages for people without a script: one style, and nothing from anywhere else. */
import { hash } from 'node:crypto';
import { html as template, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** Escapes what is put into it. Nothing here is waited for, so it is never a promise. */
export const html = template as (texts: TemplateStringsArray, ...values: unknown[]) => HtmlEscapedString;

const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #10141a);
  --sheet: light-dark(#f6f7f9, #181d25);
  --line: light-dark(#c9d0da, #38424f);
  --text: light-dark(#17202c, #e9edf3);
  --quiet: light-dark(#556072, #a8b4c5);
  --accent: light-dark(#1552b0, #8ab8ff);
}
* { box-sizing: border-box }
body {
  font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--paper);
  max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word;
}
h1 { line-height: 1.2; margin: 0 0 .5rem }
h2 { margin: 2.5rem 0 .25rem; line-height: 1.2 }
h3 { font-size: .9rem; margin: 1rem 0 .25rem }
p, ul { margin: .25rem 0 .75rem; max-width: 44rem }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px }
code, pre { font: .9em/1.45 ui-monospace, Menlo, Consolas, monospace }
pre { background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; overflow-x: auto; margin: .25rem 0 }
small, .quiet { color: var(--quiet); font-size: .9rem }
.links { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; background: var(--paper) }
details > summary { padding: .5rem .8rem; cursor: pointer }
details[open] > summary { border-bottom: 1px solid var(--line); background: var(--sheet); border-radius: 6px 6px 0 0 }
details > div { padding: .5rem .8rem .9rem }
summary b { font: 600 .8rem/1 ui-monospace, Menlo, Consolas, monospace; display: inline-block; min-width: 2.6rem }
summary small { margin-inline-start: .75rem }
nav { margin-top: 1.5rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0 }
dt { color: var(--quiet) }
dd { margin: 0; min-width: 0 }
table { border-collapse: collapse; width: 100%; font-size: .95rem }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 400 }
td:first-child { white-space: nowrap }
@media (max-width: 40rem) {
  dl:not(.codes) { grid-template-columns: 1fr; gap: 0 }
  dd { margin-bottom: .4rem }
  summary small { display: block; margin: 0 }
  table, tbody, tr, td { display: block }
  thead { display: none }
  td { border: 0; padding: 0 }
  td:first-child { white-space: normal; padding-top: .4rem }
  tr { border-bottom: 1px solid var(--line); padding-bottom: .4rem }
}`;

export const pageType = 'text/html; charset=utf-8';
/** The one style, by its hash, and nothing else. */
export const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${hash('sha256', style, 'base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

export function pageOf(title: string, body: HtmlEscapedString): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width" />
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`.toString();
}

export function pageResponse(page: string): Response {
  return new Response(page, { headers: { ...pageHeaders, 'content-type': pageType } });
}

/** Text in which code stands between backticks. */
export function prose(text: string): HtmlEscapedString[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
