/** The cable itself: what passes it, in each condition. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createCleanUp } from '../support/places.ts';
import { until } from '../support/until.ts';
import { openLink, type Link } from './link.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

/** A server that says back what it is told, behind a link. */
async function echo(): Promise<{ link: Link; heard: () => string }> {
  let heard = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard += String(chunk);
      socket.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.add(() => {
    for (const socket of sockets) socket.destroy();
    return once(server.close(), 'close');
  });
  const link = await openLink(`nats://127.0.0.1:${(server.address() as AddressInfo).port}`);
  cleanUp.add(() => link.close());
  return { link, heard: () => heard };
}

function dial({ url }: Link): { socket: Socket; got: () => string; isOpen: () => boolean } {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let got = '';
  let isOpen = true;
  socket.on('error', () => undefined);
  socket.on('close', () => (isOpen = false));
  socket.on('data', (chunk) => (got += String(chunk)));
  cleanUp.add(() => Promise.resolve(socket.destroy()));
  return { socket, got: () => got, isOpen: () => isOpen };
}

test('passes everything on when it is open, and late when it is slow, in order', async () => {
  const { link } = await echo();
  const { socket, got } = dial(link);
  socket.write('a');
  await until(() => got() === 'a');
  link.set({ cable: 'slow', delayMs: 20 });
  for (const letter of ['b', 'c', 'd']) socket.write(letter);
  await until(() => got() === 'abcd');
});

test('when refused, breaks what is there and what comes', async () => {
  const { link } = await echo();
  const before = dial(link);
  before.socket.write('a');
  await until(() => before.got() === 'a');
  link.set({ cable: 'refused' });
  const after = dial(link);
  await until(() => !before.isOpen() && !after.isOpen());
  link.set({ cable: 'open' });
  const again = dial(link);
  again.socket.write('b');
  await until(() => again.got() === 'b');
});

test('when mute, lets the question arrive and the answer wait', async () => {
  const { link, heard } = await echo();
  const { socket, got } = dial(link);
  link.set({ cable: 'mute' });
  socket.write('a');
  await until(() => heard() === 'a');
  expect(got()).toBe('');
  link.set({ cable: 'open' });
  await until(() => got() === 'a');
});

test('when silent, lets nothing arrive until it is open again', async () => {
  const { link, heard } = await echo();
  const silent = dial(link);
  silent.socket.write('a');
  await until(() => silent.got() === 'a');
  link.set({ cable: 'silent' });
  silent.socket.write('b');
  const other = dial(link);
  other.socket.write('c');
  await until(() => other.socket.readyState === 'open');
  expect([heard(), silent.isOpen(), other.isOpen()]).toEqual(['a', true, true]);
  link.set({ cable: 'open' });
  await until(() => silent.got() === 'ab' && other.got() === 'c');
});

test('when silent, keeps from one end that the other has gone', async () => {
  const { link, heard } = await echo();
  const { socket, got } = dial(link);
  socket.write('a');
  await until(() => got() === 'a');
  link.set({ cable: 'silent' });
  socket.destroy();
  link.set({ cable: 'open' });
  const next = dial(link);
  next.socket.write('b');
  await until(() => heard() === 'ab');
});
