/** The demo and the simulated shop as child processes. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { root, type Ended } from './command.ts';

export interface Shopping {
  readonly ended: Promise<Ended>;
  stdout(): string;
  send(signal: NodeJS.Signals): void;
}

/** With nothing of Waybill's in its environment but what is given. */
export function start(
  program: 'demo' | 'shop',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Shopping {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('WAYBILL_') && !name.startsWith('VITEST'),
  );
  const child = spawn(process.execPath, [join('cli', program, `${program}.ts`), ...args], {
    cwd: root,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (text.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (text.stderr += String(chunk)));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      process.off('exit', stop);
      resolve({ code, ...text });
    });
  });
  return { ended, stdout: () => text.stdout, send: (signal) => void child.kill(signal) };
}

/** A server that is started again is found where it was. */
export async function freePort(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}
