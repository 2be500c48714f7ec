/** The command line: what it takes, and that anything else gives the usage. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultKinds } from './faults.ts';
import { readOptions } from './options.ts';

test('takes a seed, minutes, processes and kinds of faults', () => {
  const args = ['--seed', '7', '--minutes', '0.5', '--nodes', '3', '--faults', 'kill,disk'];
  const faults = ['kill-node', 'kill-nats', 'kill-redis', 'disk'];
  expect(readOptions(args)).toEqual({ seed: 7, minutes: 0.5, nodes: 3, faults });
});

test('does all of it for two minutes on two processes if not told otherwise', () => {
  expect(readOptions([])).toMatchObject({ minutes: 2, nodes: 2, faults: faultKinds });
});

test.each([
  [['--speed', '1'], /--speed/],
  [['--seed', 'x'], /--seed must be a whole number/],
  [['--seed', '-1'], /--seed/],
  [['--minutes', ''], /--minutes must be a number/],
  [['--nodes', '9'], /--nodes must be a number from 1 to 8/],
  [['--faults', 'kill,fire'], /no kind "fire"/],
  [['7'], /7/],
])('%s is refused', (args, problem) => {
  const read = readOptions(args);
  expect('problem' in read && read.problem).toMatch(problem);
});

test('an unknown option ends with the usage and exit code 2', async () => {
  const given = [join(import.meta.dirname, 'run.ts'), '--fire'];
  const ended = await new Promise<{ code: unknown; text: string }>((resolve) => {
    execFile(process.execPath, given, (error, _stdout, text) => resolve({ code: error?.code, text }));
  });
  expect(ended.code).toBe(2);
  expect(ended.text).toMatch(/npm run chaos -- /);
});
