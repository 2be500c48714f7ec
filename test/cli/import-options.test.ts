/** What `waybill import` understands, and what it says where nothing can be sent. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { read } from '../../cli/usage.ts';
import { makeFolder } from '../support/places.ts';
import { freePort, order, reportOf, startImport, summaryOf, tokenOf } from './importing.ts';

const given = { WAYBILL_TOKEN: 'abc' };
const plain = {
  ...{ file: 'a.csv', kind: 'order', url: 'http://127.0.0.1:3000', token: 'abc', concurrency: 16 },
  ...{ patienceMs: 60_000, report: 'a.csv.refused.ndjson', restart: false, dryRun: false },
};

test('a file and a token are enough', () => {
  expect(read(['import', 'a.csv'], given)).toEqual({ import: plain });
});

test('options go before the environment', () => {
  const env = { WAYBILL_TOKEN: 'abc', WAYBILL_URL: 'http://elsewhere' };
  expect(read(['import', 'a.csv'], env)).toEqual({ import: { ...plain, url: 'http://elsewhere' } });
  const options = ['--url=https://here/w', '--token', 'x', '--restart', '--report=r', '--concurrency', '3'];
  expect(read(['import', ...options, 'a.csv', '--patience=5', '--kind', 'parcel'], env)).toEqual({
    import: {
      ...{ ...plain, url: 'https://here/w', token: 'x', restart: true, report: 'r', concurrency: 3 },
      ...{ patienceMs: 5_000, kind: 'parcel' },
    },
  });
});

test.each([
  ['import', 'import needs a file'],
  ['import a b c', 'one file at a time: b c is too much'],
  ['import a --colour', "Unknown option '--colour'"],
  ['import a --concurrency 0', '--concurrency is 1 to 256'],
  ['import a --concurrency 257', '--concurrency is 1 to 256'],
  ['import a --concurrency many', '--concurrency is 1 to 256'],
  ['import a --patience 0', '--patience is 1 to 86400, in seconds'],
  ['import a --report a', '--report needs a file of its own'],
  ['import a --report ./a.progress', '--report needs a file of its own'],
  ['import a --report=', '--report needs a file of its own'],
  ['import a --url here', '--url needs a URL such as http://127.0.0.1:3000, not here'],
  ['import a --url ftp://here', '--url needs a URL'],
  ['import a --url http://here/?x=1', '--url needs a URL'],
  ['import a --token=', 'import needs a token: WAYBILL_TOKEN or --token'],
  ['import a --token=ä', 'the token has characters that no token has'],
])('%s: %s', (words, problem) => {
  expect(read(words.split(' '), given)).toEqual({ problem: expect.stringContaining(problem) as string });
});

test('what cannot be sent is told in one line, and nothing is left behind', async ({ onTestFinished }) => {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  const file = join(folder.path, 'a.ndjson');
  await writeFile(file, JSON.stringify(order('a')));
  const header = join(folder.path, 'a.csv');
  await writeFile(header, 'id,colour,size\n');
  const token = await tokenOf();
  const url = `http://127.0.0.1:${await freePort()}`;
  const run = async (words: string[], env: Record<string, string> = {}) => {
    const { code, stderr } = await startImport({ WAYBILL_TOKEN: token, WAYBILL_URL: url, ...env }, ...words)
      .ended;
    return [code, stderr];
  };
  const [missing, none, kind, roles, folderGiven, columns, tokenless] = await Promise.all([
    run(['nothing.ndjson']),
    run([file]),
    run([file, '--kind', 'parcel']),
    run([file], { WAYBILL_TOKEN: await tokenOf(['picker']) }),
    run([folder.path]),
    run([header, '--dry-run']),
    run([file], { WAYBILL_TOKEN: '' }),
  ]);
  expect(missing).toEqual([1, expect.stringMatching(/^nothing.ndjson cannot be read: ENOENT.*\n$/)]);
  expect(none).toEqual([1, expect.stringMatching(/^no server answers at http.*ECONNREFUSED.*\n$/)]);
  expect(kind).toEqual([1, expect.stringMatching(/^parcel cannot be imported; what can be is: order.*\n$/)]);
  expect(roles).toEqual([
    1,
    'the token has the roles picker; to create a new order takes one of: customer, cs, admin\n',
  ]);
  expect(folderGiven).toEqual([1, `${folder.path} is no file\n`]);
  expect(columns).toEqual([
    1,
    expect.stringMatching(/^unknown columns: "colour", "size"; known are: id, customerId, .*line\.sku.*\n$/),
  ]);
  expect(tokenless).toEqual([2, expect.stringContaining('import needs a token')]);
});

test('a dry run needs no server and no token', async ({ onTestFinished }) => {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  const file = join(folder.path, 'a.ndjson');
  await writeFile(file, `${JSON.stringify(order('a'))}\n{"id":"b"}\n`);
  const { code, stdout } = await startImport({}, file, '--dry-run').ended;
  expect([code, summaryOf(stdout)]).toMatchObject([1, { read: 2, fit: 1, refused: 1 }]);
  expect(await reportOf(`${file}.dry-run.refused.ndjson`)).toMatchObject([{ line: 2, id: 'b' }]);
});
