/** The programs that are measured: an empty Hono handler, and Waybill, each in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Running {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Starts a file under the options of this process, which `npm start` has too, and waits for the address that it prints. */
export async function start(file: string, env: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, [...process.execArgv, file], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A run that fails leaves nothing behind.
  const kill = (): boolean => child.kill();
  process.on('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const url = await address(child);
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = /at (http:\/\/\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${String(code)} before it served`)));
  });
}

/** Waits until all partitions are owned: `/readyz` says so. */
export async function ready(url: string): Promise<void> {
  for (;;) {
    const { status } = await fetch(`${url}/readyz`);
    if (status === 200) return;
  }
}
