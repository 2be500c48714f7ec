/** An embedded Waybill as a child process, on a free port, with its data in a temporary folder. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TerminalError } from '../../runtime/errors.ts';

export interface ShopServer {
  readonly url: string;
  readonly token: string;
  /** Has the data, and the log as `waybill.log`. */
  readonly folder: string;
  /** Ends it in good order, and removes the folder unless it is to be kept. */
  stop(given?: { readonly keep: boolean }): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');
const startMs = 30_000;

/** Rejects with `TerminalError`, and what it has said, where it does not start. */
export async function startShopServer(settings: Readonly<Record<string, string>> = {}): Promise<ShopServer> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-'));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('WAYBILL_'));
  const child = spawn(process.execPath, ['main.ts'], {
    cwd: root,
    env: {
      ...Object.fromEntries(inherited),
      WAYBILL_PORT: '0',
      WAYBILL_DATA: join(folder, 'waybill.db'),
      WAYBILL_SANDBOX_DATA: join(folder, 'sandbox.db'),
      // One caller is the whole shop.
      WAYBILL_RATE_PER_SECOND: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for this program, which ends the child when it is ready to.
    detached: true,
  });
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);
  const log = createWriteStream(join(folder, 'waybill.log'));
  child.stderr.pipe(log);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.off('exit', killed);
      resolve();
    });
  });

  async function stop({ keep } = { keep: false }): Promise<void> {
    child.kill('SIGTERM');
    await ended;
    if (!keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  const welcome = await welcomeOf(child.stdout, ended);
  const [, url] = /^Waybill is at (http:\S+)$/m.exec(welcome) ?? [];
  const [, token] = /^export TOKEN=(\S+)$/m.exec(welcome) ?? [];
  if (url !== undefined && token !== undefined) return { url, token, folder, stop };
  await stop({ keep: true });
  const said = await readFile(join(folder, 'waybill.log'), 'utf8');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  throw new TerminalError(`Waybill did not start; it has said:\n${said.slice(-3_000)}`);
}

/** All that it has said when the token has come; less where it ends before, or takes too long. */
function welcomeOf(stdout: NodeJS.ReadableStream, ended: Promise<void>): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const late = setTimeout(() => resolve(text), startMs);
    const finish = (): void => {
      clearTimeout(late);
      resolve(text);
    };
    stdout.on('data', (chunk) => {
      text += String(chunk);
      if (/^export TOKEN=\S+\n/m.test(text)) finish();
    });
    void ended.then(finish);
  });
}
