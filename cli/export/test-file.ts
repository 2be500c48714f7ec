/** The test file: a few lines that replay, and the entries. */
import type { StateValue } from 'xstate';
import type { Address } from '../../runtime/address.ts';
import { leafPaths } from '../../runtime/core/chart.ts';
import type { Entry } from './entry.ts';
import { commented, literalOf } from './literal.ts';

export interface Head {
  readonly of: Address;
  /** In plain words, a line each. */
  readonly about: readonly string[];
  /** Of the replayer, as an import names it. */
  readonly replayer: string;
  /** How long the charts wait, where it is otherwise than by default, ms. */
  readonly durations: Readonly<Record<string, number>>;
}

/** In pieces: a journal may be long. */
export async function* testFile(head: Head, entries: AsyncIterable<Entry>): AsyncGenerator<string> {
  yield headText(head);
  for await (const entry of entries) yield entryText(entry);
  yield '  ],\n};\n';
}

/** What happened on one line, the snapshot after it on another. */
function entryText(entry: Entry): string {
  const { after, ...happened } = entry;
  const rest = after === undefined ? ' }' : `,\n      after: ${literalOf(after)} }`;
  return `    // ${commentOf(entry)}\n    entry(${literalOf(happened).replace(/ }$/, '')}${rest}),\n`;
}

function headText({ of, about, replayer, durations }: Head): string {
  const { kind, id } = of;
  return [
    '/**',
    ...about.map((line) => ` * ${commented(line)}`.trimEnd()),
    ' */',
    `import { expect, test } from 'vitest';`,
    `import { entry, replay } from '${replayer.replace(/[\\']/g, '\\$&')}';`,
    '',
    `test('${kind} ${id} does again what its journal tells', () => {`,
    '  expect(replay(incident)).toEqual([]);',
    '});',
    '',
    '// prettier-ignore',
    'const incident = {',
    `  kind: '${kind}',`,
    `  id: '${id}',`,
    ...(Object.keys(durations).length > 0 ? [`  durations: ${literalOf(durations)},`] : []),
    '  entries: [',
    '',
  ].join('\n');
}

/** `3 2026-03-01T09:30:00.000Z order.hold by ada (cs): active.hold.clear → active.hold.held` */
function commentOf(entry: Entry): string {
  const { version, at, event, outcome, reason, to } = entry;
  const happened = outcome === 'accepted' ? moveText(entry) : `refused (${reason ?? ''}) in ${stateText(to)}`;
  return commented(`${version} ${new Date(at).toISOString()} ${event.type} ${causeText(entry)}: ${happened}`);
}

/** Of several regions, those that have moved. */
function moveText({ from, to }: Entry): string {
  const [left, entered] = [pathsOf(from), pathsOf(to)];
  const gone = left.filter((path) => !entered.includes(path));
  const come = entered.filter((path) => !left.includes(path));
  if (gone.length === 0 && come.length === 0) return `stays in ${stateText(to)}`;
  return `${gone.join(', ') || 'nothing'} → ${come.join(', ') || 'nothing'}`;
}

function causeText({ source }: Entry): string {
  if (source.from === 'outside') return `by ${source.subject} (${source.roles.join(', ')})`;
  return source.from === 'actor' ? `from ${source.actor}` : `by ${source.from}`;
}

function stateText(value: unknown): string {
  return pathsOf(value).join(', ') || 'nothing';
}

function pathsOf(value: unknown): string[] {
  return value === null || value === undefined ? [] : leafPaths(value as StateValue);
}
