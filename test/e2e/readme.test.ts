/** The README's sixty seconds, typed as they stand there: every answer is what it says. */
import { afterAll, expect, test } from 'vitest';
import { startApp, type App } from '../support/app.ts';
import { createCleanUp, openFile } from '../support/places.ts';
import { until } from '../support/until.ts';
import { readmeBlocks, withoutVersions, type Block, type Command } from './readme.ts';

const cleanUp = createCleanUp();
afterAll(cleanUp.run);

test('what the README tells to type is answered as it shows', async () => {
  const place = await openFile();
  cleanUp.add(() => place.close());
  const app = await startApp(place.env);
  cleanUp.add(() => app.stop());
  const blocks = readmeBlocks();
  expect(blocks.map(({ commands }) => commands.length)).toEqual([2, 1, 1, 4, 2, 1, 2]);
  for (const block of blocks) await typeAll(app, block);

  await app.kill9();
  await app.restart();
  const after = blocks.at(-1);
  if (after !== undefined) await typeAll(app, after);
});

async function typeAll(app: App, { commands, shown }: Block): Promise<void> {
  const isReading = commands.every(({ method }) => method === 'GET');
  let answers: Typed[] = [];
  // A person is slower than the messages between actors; a program types again.
  await until(
    async () => {
      answers = [];
      for (const command of commands) answers.push(await typeOne(app, command, shown));
      return !isReading || isShown(answers, shown);
    },
    { what: () => `${JSON.stringify(shown)} in ${JSON.stringify(answers)}` },
  );
  for (const part of shown) expect(answers.map(({ text }) => text).join('\n')).toContain(part);
}

interface Typed {
  readonly status: number;
  readonly text: string;
}

function isShown(answers: readonly Typed[], shown: readonly string[]): boolean {
  return shown.every((part) => answers.some(({ text }) => text.includes(part)));
}

/** Again and again, until it is done or refused with what is shown. */
async function typeOne(app: App, command: Command, shown: readonly string[]): Promise<Typed> {
  let last: Typed | undefined;
  return until(
    async () => {
      last = await send(app, command);
      return (last.status < 300 || isShown([last], shown)) && last;
    },
    { what: () => `${command.method} ${command.path}: ${last?.status} ${last?.text}` },
  );
}

async function send(app: App, { method, path, body }: Command): Promise<Typed> {
  const number = body.includes('$number') ? await trackingNumber(app) : '';
  const response =
    method === 'GET'
      ? await app.get(path)
      : await app.post(path, JSON.parse(body.replace('$number', number)) as unknown);
  return { status: response.status, text: withoutVersions(await response.text()) };
}

async function trackingNumber(app: App): Promise<string> {
  const text = await (await app.get('/shipments/o-1~f1~s1')).text();
  return /"trackingNumber":"([^"]*)"/.exec(text)?.[1] ?? '';
}
