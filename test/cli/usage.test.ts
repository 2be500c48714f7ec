/** What the program understands. */
import { expect, test } from 'vitest';
import { read } from '../../cli/usage.ts';
import { defaultFile } from '../../cli/export/target.ts';
import { waybill } from './command.ts';

const plain = { force: false, stdout: false, redact: false, from: 1, to: Infinity };

test('a kind and an id are enough', () => {
  expect(read(['export', 'order', 'o-17'])).toEqual({
    export: { of: { kind: 'order', id: 'o-17' }, ...plain },
  });
});

test('options stand anywhere', () => {
  const asked = read([
    'export',
    '--redact',
    'order',
    '--from=2',
    'o-1',
    '--to',
    '9',
    '--out',
    'a.ts',
    '--force',
  ]);
  const given = { redact: true, force: true, from: 2, to: 9, out: 'a.ts' };
  expect(asked).toEqual({ export: { of: { kind: 'order', id: 'o-1' }, ...plain, ...given } });
});

test('an id may begin with a dash, behind two', () => {
  expect(read(['export', '--', 'order', '-x'])).toEqual({
    export: { of: { kind: 'order', id: '-x' }, ...plain },
  });
});

test.each([
  ['', 'which command?'],
  ['launch', 'there is no command launch'],
  ['export', 'export needs a kind and an id'],
  ['export order', 'export needs a kind and an id'],
  ['export order a b', 'one actor at a time: b is too much'],
  ['export order a --colour', "Unknown option '--colour'"],
  ['export order a --out', "Option '--out <value>' argument missing"],
  ['export order a --out=', '--out needs a file'],
  ['export order a --force=yes', "Option '--force' does not take an argument"],
  ['export order a --from 0', '--from and --to are versions: whole numbers from 1 up'],
  ['export order a --to 1e3', '--from and --to are versions: whole numbers from 1 up'],
  ['export order a --from 3 --to 2', '--from is behind --to'],
  ['export order a --stdout --force', '--stdout writes no file: no --out, no --force'],
  ['export order *', 'id: must be 1 to 200 letters'],
  ['export order >', 'id: must be 1 to 200 letters'],
  ['export order a.b', 'id: must be 1 to 200 letters'],
  ['export Order a', 'kind: '],
])('%s: %s', (given, problem) => {
  expect(read(given.split(' ').filter((word) => word !== ''))).toEqual({
    problem: expect.stringContaining(problem) as string,
  });
});

test('what is not understood gives the usage and status 2, help gives it and status 0', async () => {
  const wrong = await waybill({}, 'export', 'order', 'a', '--colour');
  expect(wrong).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('Usage: waybill export') as string,
  });
  for (const help of [['--help'], ['help'], ['export', '--help']]) {
    const { code, stdout, stderr } = await waybill({}, ...help);
    expect([code, stderr, stdout.startsWith('Usage: waybill export <kind> <id>')]).toEqual([0, '', true]);
  }
});

test('wrong settings are named', async () => {
  const { code, stderr } = await waybill({ WAYBILL_BACKEND: 'moon' }, 'export', 'order', 'a');
  expect([code, stderr]).toEqual([1, expect.stringContaining('WAYBILL_BACKEND: ')]);
});

test('every id has a file name of its own that file systems and URLs bear', () => {
  const name = (id: string): string =>
    defaultFile({ kind: 'order', id }, '/p').replace('/p/test/incidents/', '');
  expect(name('o-17~f1')).toBe('order-o-17~f1.test.ts');
  expect(name('a#1:b_c')).toBe('order-a=231=3ab_c.test.ts');
});
