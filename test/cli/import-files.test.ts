/** Files as they come: read piece by piece, with line numbers that hold. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import { columnsOf } from '../../cli/import/columns.ts';
import { creationOf } from '../../cli/import/creation.ts';
import { readCsv } from '../../cli/import/csv.ts';
import type { Item } from '../../cli/import/item.ts';
import { readLines } from '../../cli/import/lines.ts';
import { readNdjson } from '../../cli/import/ndjson.ts';
import { inOrder } from '../../cli/import/in-order.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { makeFolder } from '../support/places.ts';
import { seededRandom, seeds } from '../support/random.ts';

const columns = columnsOf(definitions[0]?.input ?? expect.fail());

async function fileOf(content: string | Buffer): Promise<string> {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  const file = join(folder.path, 'a');
  await writeFile(file, content);
  return file;
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const found: Value[] = [];
  for await (const value of values) found.push(value);
  return found;
}

/** Line, and the value or the reason. */
const short = ({ line, content }: Item): unknown[] => [
  line,
  'value' in content ? content.value : content.refusal.reason,
];

const csv = async (...rows: string[]) =>
  (await all(readCsv(await fileOf(rows.join('\n')), columns))).map(short);

test('the columns are those of the schema', () => {
  const names = [...columns.keys()];
  expect(names).toEqual(
    expect.arrayContaining([
      'id',
      'customerId',
      'currency',
      'shipTo.name',
      'shipTo.postalCode',
      'payment.method',
      'draft',
    ]),
  );
  expect(names).toEqual(
    expect.arrayContaining(['line.sku', 'line.quantity', 'line.unitPrice', 'line.lineId']),
  );
});

test('NDJSON bears blank lines, CRLF, a byte order mark and a last line without a newline', async () => {
  const file = await fileOf('\uFEFF{"id":"a"}\r\n\r\n  \n{"id":"b"} \n"c"\n{"id":"d"}');
  expect((await all(readNdjson(file))).map(short)).toEqual([
    [1, { id: 'a' }],
    [4, { id: 'b' }],
    [5, 'the line is JSON, but not an object'],
    [6, { id: 'd' }],
  ]);
});

test('an empty file has no items', async () => {
  expect(await all(readNdjson(await fileOf('')))).toEqual([]);
  expect(await csv('')).toEqual([]);
});

test('a line that is too long is told, not held, and the next one is read', async () => {
  const file = await fileOf(`a\n${'x'.repeat(1_000_000)}\nb`);
  const lines = await all(readLines(file, 100));
  expect(lines.map(({ line, text, problem, end }) => [line, text, problem, end])).toEqual([
    [1, 'a', undefined, 2],
    [2, undefined, 'too-large', 1_000_003],
    [3, 'b', undefined, 1_000_004],
  ]);
});

test.each(seeds(5))('lines come out as they went in, wherever the pieces end (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const given = Array.from({ length: 40 }, () => 'é'.repeat(random.below(random.chance(0.2) ? 200_000 : 50)));
  const lines = await all(readLines(await fileOf(`${given.join('\n')}\n`)));
  expect(lines.map(({ text }) => text)).toEqual(given);
  expect(lines.at(-1)?.end).toBe(Buffer.byteLength(given.join('\n')) + 1);
});

test('rows of one id that stand together are one order', async () => {
  expect(
    await csv(
      '\uFEFFid, currency ,shipTo.name,line.sku,line.quantity,draft',
      'a,EUR,"Ada, ""Countess""\r\nof Lovelace",CUP,1,true',
      'a,,,POT,2,',
      '',
      'b,EUR,Bob,CUP,1,',
      'a,EUR,,CUP,7,',
    ),
  ).toEqual([
    [
      2,
      {
        ...{ id: 'a', currency: 'EUR', shipTo: { name: 'Ada, "Countess"\nof Lovelace' }, draft: true },
        lines: [
          { sku: 'CUP', quantity: 1 },
          { sku: 'POT', quantity: 2 },
        ],
      },
    ],
    [6, { id: 'b', currency: 'EUR', shipTo: { name: 'Bob' }, lines: [{ sku: 'CUP', quantity: 1 }] }],
    [7, { id: 'a', currency: 'EUR', lines: [{ sku: 'CUP', quantity: 7 }] }],
  ]);
});

test('cells that do not fit name their place', async () => {
  const file = await fileOf(
    ['id,currency,line.quantity,draft', 'a,EUR,two,yes', 'a,USD,3,', 'b,EUR,1e3,'].join('\n'),
  );
  const refusals = (await all(readCsv(file, columns))).map(({ content }) =>
    'refusal' in content ? content.refusal : null,
  );
  expect(refusals.map((refusal) => refusal?.errors)).toEqual([
    [
      { pointer: '/lines/0/quantity', message: '"two" is no number' },
      { pointer: '/draft', message: '"yes" is neither true nor false' },
      { pointer: '/currency', message: 'two rows of it differ: "EUR" and "USD"' },
    ],
    [{ pointer: '/lines/0/quantity', message: '"1e3" is no number' }],
  ]);
});

test('a row that cannot be read is left out, with the order that it belongs to and no other', async () => {
  const rows = [
    'id,currency,line.sku',
    'a,EUR,CUP',
    'b,EUR,CUP',
    'b,5" EUR,POT',
    'b,,MUG',
    'c,EUR,CUP',
    'c,EUR',
    'd,"EUR,CUP',
    'e,EUR,CUP',
  ];
  expect(await csv(...rows)).toEqual([
    [2, { id: 'a', currency: 'EUR', lines: [{ sku: 'CUP' }] }],
    [3, 'line 4, beside it, cannot be read and may belong to it'],
    [4, expect.stringContaining('the row cannot be read: a cell with a quote must stand in quotes')],
    [5, 'line 4, beside it, cannot be read and may belong to it'],
    [6, 'line 7, beside it, cannot be read and may belong to it'],
    [7, 'the row has 2 cells, the header 3'],
    [8, 'the row cannot be read: a quote is opened and never closed'],
    [9, { id: 'e', currency: 'EUR', lines: [{ sku: 'CUP' }] }],
  ]);
});

test('where the id of an unreadable row is not told, both neighbors may miss it', async () => {
  expect(await csv('currency,id,line.sku', 'EUR,a,CUP', 'EUR', 'EUR,b,CUP')).toEqual([
    [2, 'line 3, beside it, cannot be read and may belong to it'],
    [3, 'the row has 1 cells, the header 3'],
    [4, 'line 3, beside it, cannot be read and may belong to it'],
  ]);
});

test.each([
  ['id,colour', 'unknown columns: "colour"; known are: id, customerId'],
  ['id,,currency', 'unknown columns: ""'],
  ['id,currency,id', 'the column id is there twice'],
  ['currency', 'there is no column id'],
  ['id,"currency', 'the header: the row cannot be read: a quote is opened'],
])('the header %s: %s', async (header, problem) => {
  await expect(csv(header, 'a,b')).rejects.toThrow(problem);
});

test.each(seeds(20))('results are taken in order, not too many are worked on (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const taken: number[] = [];
  let running = 0;
  let most = 0;
  async function* numbers(): AsyncGenerator<number> {
    for (let number = 0; number < 200; number++) yield await Promise.resolve(number);
  }
  const failing = random.chance(0.5) ? random.below(200) : 200;
  const working = inOrder(numbers(), {
    atOnce: 4,
    size: () => 1,
    take: (item: number, result: string) => {
      expect(result).toBe(`r${item}`);
      taken.push(item);
    },
    async work(item) {
      running += 1;
      most = Math.max(most, running);
      for (let turns = random.below(20); turns > 0; turns--) await Promise.resolve();
      running -= 1;
      if (item === failing) throw new Error('enough');
      return `r${item}`;
    },
  });
  if (failing < 200) await expect(working).rejects.toThrow('enough');
  else await working;
  expect(taken).toEqual(Array.from({ length: failing }, (_, index) => index));
  expect([most <= 4, running]).toEqual([true, 0]);
});

test('what does not fit is told in the words of HTTP, and all of it', () => {
  const lines = Array.from({ length: 30 }, () => ({ sku: 'CUP', quantity: 1 }));
  const checked = creationOf(createRegistry(definitions), 'order').check({ id: 'a', currency: 'EUR', lines });
  const errors = 'refusal' in checked ? (checked.refusal.errors ?? []) : [];
  expect(errors).toEqual(
    ['/customerId', '/shipTo', ...lines.keys().map((n) => `/lines/${n}/unitPrice`)].map((pointer) => ({
      pointer,
      message: 'is missing',
    })),
  );
});
