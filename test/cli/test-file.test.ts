/** The written file is what the journal told, whatever people have entered. */
import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from 'vitest';
import type { Entry } from '../../cli/export/entry.ts';
import { literalOf } from '../../cli/export/literal.ts';
import { testFile } from '../../cli/export/test-file.ts';

const hostile = [
  `a'b"c\`d\${e}\\`,
  '*/ process.exit(1) /*',
  'line\nbreak\rand\u2028others\u2029\u0000',
  '\ud800 alone',
  '</script><!--',
  '🫖',
];
// Text, because a literal would set the prototype.
const odd = JSON.parse('{"__proto__":{"a":1},"constructor":2,"a-b":3,"1":4,"":5,"x":{}}') as object;

const entry: Entry = {
  version: 1,
  chart: 1,
  at: 1_790_000_000_000,
  event: { type: hostile.join(), odd, hostile },
  source: { from: 'outside', subject: hostile.join(), roles: hostile, warehouses: hostile },
  cause: hostile.join(),
  outcome: 'accepted',
  from: null,
  to: 'draft',
  after: { value: 'draft', context: { odd, hostile, none: null, tiny: 1e-9, big: 1e21 }, status: 'active' },
};

function evaluated(code: string): unknown {
  // The tool writes code: whether it is the value again, only running it tells.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  return new Function(`const entry = (given) => given; ${code}`)();
}

test('a literal is the value again', () => {
  expect(JSON.stringify(evaluated(`return ${literalOf(entry)}`))).toBe(JSON.stringify(entry));
});

test('the file holds the entries, and nothing gets out of strings and comments', async () => {
  const head = {
    of: { kind: 'order', id: 'o-1' },
    about: hostile,
    replayer: "../it's.ts",
    durations: { closing: 5 },
  };
  let text = '';
  for await (const piece of testFile(head, some([entry, { ...entry, after: undefined }]))) text += piece;
  const code = stripTypeScriptTypes(text).replace(/^import .*$/gm, '');
  const tests: string[] = [];
  const run = evaluated(`return (test) => { ${code}; return incident; }`) as (
    register: (name: string) => void,
  ) => { entries: unknown[]; durations: unknown };
  const incident = run((name) => tests.push(name));
  expect(tests).toEqual(['order o-1 does again what its journal tells']);
  const { after: _after, ...rest } = entry;
  expect(incident.entries.map((each) => sorted(each))).toEqual([sorted(entry), sorted(rest)]);
  expect(incident.durations).toEqual({ closing: 5 });
  expect(text).toContain(`from '../it\\'s.ts'`);
});

/** As text, so that `__proto__` counts. */
const sorted = (value: unknown): string => JSON.stringify(value);

async function* some(entries: readonly Entry[]): AsyncGenerator<Entry> {
  for (const each of entries) yield await Promise.resolve(each);
}
