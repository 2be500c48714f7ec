/** The real program as a child process: started, watched, and ended in every way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { mintToken } from '../../http/auth.ts';
import type { Principal } from '../../runtime/message.ts';
import { until } from './until.ts';

export type Env = Readonly<Record<string, string>>;

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** One run of the program, from its start to its end. */
export interface Run {
  readonly pid: number;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  hasEnded(): boolean;
  /** What a person sees, and what the log says. */
  stdout(): string;
  stderr(): string;
  /** Undefined until it has said where it is. */
  url(): string | undefined;
  send(signal: NodeJS.Signals): void;
}

/** The program with its configuration, over several runs. */
export interface App {
  readonly url: string;
  readonly pid: number;
  readonly run: Run;
  /** The log of all runs, parsed. */
  lines(): LogLine[];
  /** As somebody who may do everything. */
  readonly get: (path: string) => Promise<Response>;
  readonly post: (
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>;
  isReady(): Promise<boolean>;
  /** SIGTERM; its exit code. */
  stop(): Promise<number | null>;
  kill9(): Promise<void>;
  /** Starts it again on the same data; resolves when it serves and is ready. */
  restart(): Promise<void>;
}

const secret = 'a secret that only the tests know of';
const root = join(import.meta.dirname, '..', '..');

/** A test run that is cut short leaves no processes behind. */
const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Short leases and few partitions: takeovers are quick, and most messages still cross partitions. */
const defaults: Env = {
  WAYBILL_PORT: '0',
  WAYBILL_JWT_SECRET: secret,
  WAYBILL_LEASE_MS: '1000',
  WAYBILL_PARTITIONS: '8',
  // Tests ask as one caller, and faster than people do.
  WAYBILL_RATE_PER_SECOND: '0',
};

/** Settings given as '' are left out. */
export function run(env: Env): Run {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('WAYBILL_'));
  const given = Object.entries({ ...defaults, ...sandboxOf(env), ...env }).filter(
    ([, value]) => value !== '',
  );
  const child = spawn(process.execPath, ['main.ts'], {
    cwd: root,
    env: Object.fromEntries([...inherited, ...given]),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (text.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (text.stderr += String(chunk)));
  let hasEnded = false;
  const ended = new Promise<Awaited<Run['ended']>>((resolve) => {
    child.on('close', (code, signal) => {
      hasEnded = true;
      alive.delete(child);
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    hasEnded: () => hasEnded,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    url: () => /^Waybill is at (http:\S+)\n/m.exec(text.stdout)?.[1],
    send: (signal) => void child.kill(signal),
  };
}

/** What the world outside remembers lies beside the data, unless it is told otherwise. */
function sandboxOf({ WAYBILL_DATA: file = '' }: Env): Env {
  return file === '' ? {} : { WAYBILL_SANDBOX_DATA: join(dirname(file), 'sandbox.db') };
}

/** Resolves when it serves and is ready. */
export async function startApp(env: Env): Promise<App> {
  const runs = [run(env)];
  const present = (): Run => {
    const last = runs.at(-1);
    if (last === undefined) throw new Error('there is always a run');
    return last;
  };
  const app: App = {
    get url() {
      // Until the new run has said where it is: where the last one was, and nobody answers.
      return runs.findLast((each) => each.url() !== undefined)?.url() ?? '';
    },
    get pid() {
      return present().pid;
    },
    get run() {
      return present();
    },
    lines: () => runs.flatMap((each) => linesOf(each.stderr())),
    get: async (path) => fetch(`${app.url}${path}`, { headers: await bearer(admin) }),
    async post(path, body, headers) {
      const type = { 'content-type': 'application/json' };
      const all = { ...(await bearer(admin)), ...type, ...headers };
      return fetch(`${app.url}${path}`, { method: 'POST', headers: all, body: JSON.stringify(body ?? {}) });
    },
    isReady: () => isReady(app.url),
    async stop() {
      present().send('SIGTERM');
      return (await present().ended).code;
    },
    async kill9() {
      present().send('SIGKILL');
      await present().ended;
    },
    async restart() {
      if (!present().hasEnded()) throw new Error('it still runs');
      runs.push(run(env));
      await serving(present());
    },
  };
  await serving(present());
  return app;
}

async function serving(started: Run): Promise<void> {
  const what = (): string => `the program serves; it has said:\n${started.stderr().slice(-3_000)}`;
  await until(
    async () => {
      if (started.hasEnded()) throw new Error(`the program has ended: ${started.stderr().slice(-3_000)}`);
      const url = started.url();
      return url !== undefined && (await isReady(url));
    },
    { what },
  );
}

export async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}

function linesOf(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
}

export const admin: Principal = { subject: 'tester', roles: ['cs', 'admin'], warehouses: ['*'] };

const tokens = new Map<string, Promise<string>>();

/** The header that says who asks. */
export async function bearer(principal: Principal): Promise<{ authorization: string }> {
  const name = JSON.stringify(principal);
  const token = tokens.get(name) ?? tokenOf(principal);
  if (tokens.size < 100) tokens.set(name, token);
  return { authorization: `Bearer ${await token}` };
}

/** For an hour, from so long ago on. */
export function tokenOf(principal: Principal, agoMs = 0): Promise<string> {
  return mintToken(secret, principal, { now: Date.now() - agoMs, lifetimeS: 3_600 });
}
