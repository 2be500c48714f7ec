/** SIGTERM under traffic: what has come in is answered, then the process ends by itself. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { differences } from '../support/compare.ts';
import { createCleanUp, openFile, places } from '../support/places.ts';
import { seeds } from '../support/random.ts';
import { type Attempt, type Command, moreApplied, startTraffic, type Traffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

describe.each(places)('%s', (_, open) => {
  test.each(seeds(1))('answers whatever it has taken in, and loses none of it, seed %i', async (seed) => {
    const place = await open();
    cleanUp.add(() => place.close());
    const app = await startApp(place.env);
    cleanUp.add(() => app.kill9());
    const traffic = startTraffic({ url: () => app.url, seed, clients: 12 });
    cleanUp.add(traffic.abandon);
    for (let round = 1; round <= 3; round++) {
      await moreApplied(traffic, 80);
      await until(() => traffic.inFlight() > 4);
      // All of them may be looking, and none of them sending.
      const noticed = (): number => traffic.counts.unreached + traffic.counts.unseen;
      const before = noticed();
      expect(await app.stop()).toBe(0);
      await until(() => noticed() > before);
      await app.restart();
    }
    await traffic.finish();
    expect(await differences(traffic, { get: app.get })).toEqual([]);
    expect(await takenWithoutAnswer(traffic, app)).toEqual([]);
    expect(app.lines().filter(({ msg }) => msg === 'stopped')).toHaveLength(3);
  });
});

test('answers what is sent over kept connections while it stops, and ends them', async () => {
  const place = await openFile();
  cleanUp.add(() => place.close());
  const app = await startApp(place.env);
  cleanUp.add(() => app.kill9());
  const kept = await Promise.all(Array.from({ length: 50 }, () => keptConnection(app)));
  app.run.send('SIGTERM');
  for (const { socket } of kept) socket.write(ask);
  const answers = await Promise.all(kept.map(({ ended }) => ended));
  expect(answers.filter((text) => text.split('HTTP/1.1 200 OK').length !== 3)).toEqual([]);
  expect(await app.run.ended).toEqual({ code: 0, signal: null });
});

/**
 * A connection that reaches the kernel as the process stops listening is reset, and nothing has happened.
 * What was taken in is known by its place in the history, or by its key.
 */
async function takenWithoutAnswer({ commands }: Traffic, app: App): Promise<Command[]> {
  const reset = commands.filter(({ attempts }) => attempts.some(isReset));
  const taken = await Promise.all(
    reset.map(async ({ subject, actor, attempts }) => {
      const answer = attempts.find((each) => 'status' in each && each.status < 500);
      if (answer !== undefined) return 'replayed' in answer && answer.replayed;
      const { items } = (await (await app.get(`/${actor}/history?limit=200`)).json()) as {
        items: { principal: { subject: string } | null }[];
      };
      return items.some(({ principal }) => principal?.subject === subject);
    }),
  );
  return reset.filter((_, at) => taken[at]);
}

function isReset(attempt: Attempt): boolean {
  return 'lost' in attempt && attempt.sent;
}

const ask = 'GET /livez HTTP/1.1\r\nhost: x\r\n\r\n';

/** One that has been used once. `ended`: all that came over it. */
async function keptConnection(app: App): Promise<{ socket: Socket; ended: Promise<string> }> {
  const { hostname, port } = new URL(app.url);
  let heard = '';
  const socket = connect(Number(port), hostname);
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => (heard += chunk));
  socket.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(heard)));
  socket.write(ask);
  await until(() => heard.includes('{"live":true}'));
  return { socket, ended };
}
