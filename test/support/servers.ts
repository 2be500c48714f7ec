/** Real NATS and Redis servers for tests, each on a free loopback port with a data folder of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram, images, type Program } from './programs.ts';

export interface Server {
  readonly url: string;
  readonly port: number;
  /** Of the process running now; changes with `restart`. */
  readonly pid: number;
  readonly dataDir: string;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays for `restart`. */
  kill9(): Promise<void>;
  /** Starts it again with the same port and data; ends it first if it still runs. */
  restart(): Promise<void>;
}

export interface NatsOptions {
  /** More arguments for nats-server. */
  readonly args?: readonly string[];
}

export interface RedisOptions {
  readonly appendonly?: 'yes' | 'no';
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** More arguments for redis-server. */
  readonly args?: readonly string[];
}

export async function startNats(options: NatsOptions = {}): Promise<Server> {
  return start({
    program: await findProgram('nats-server', mayInstall('WAYBILL_TEST_NATS_URL')),
    scheme: 'nats',
    ping: 'CONNECT {"verbose":false}\r\nPING\r\n',
    pong: /"jetstream": ?true[^]*PONG\r\n/,
    args: ({ host, port, dataDir }) => [
      ...['-a', host, '-p', String(port), '-js', '-sd', dataDir],
      ...(options.args ?? []),
    ],
  });
}

export async function startRedis(options: RedisOptions = {}): Promise<Server> {
  return start({
    program: await findProgram('redis-server', mayInstall('WAYBILL_TEST_REDIS_URL')),
    scheme: 'redis',
    ping: 'PING\r\n',
    pong: /^\+PONG\r\n/,
    args: ({ host, port, dataDir }) => [
      ...['--bind', host, '--port', String(port), '--dir', dataDir, '--save', '', '--protected-mode', 'no'],
      ...['--appendonly', options.appendonly ?? 'yes', '--appendfsync', options.appendfsync ?? 'everysec'],
      ...(options.args ?? []),
    ],
  });
}

/** The servers that most tests share: given by the environment, else started. */
export async function findServers(): Promise<{ natsUrl: string; redisUrl: string; stop(): Promise<void> }> {
  const given = { nats: process.env['WAYBILL_TEST_NATS_URL'], redis: process.env['WAYBILL_TEST_REDIS_URL'] };
  const nats = given.nats === undefined ? await startNats() : undefined;
  const redis = given.redis === undefined ? await startRedis() : undefined;
  return {
    natsUrl: nats?.url ?? given.nats ?? '',
    redisUrl: redis?.url ?? given.redis ?? '',
    async stop() {
      await Promise.all([nats?.stop(), redis?.stop()]);
    },
  };
}

/** Whoever names servers does not want others installed. */
function mayInstall(variable: string): boolean {
  return process.env[variable] === undefined;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
}

interface Plan {
  readonly program: Program;
  readonly scheme: string;
  readonly ping: string;
  readonly pong: RegExp;
  args(place: Place): string[];
}

async function start(plan: Plan): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), `waybill-${plan.program.name}-`));
  const [port, first] = await launchOnFreePort(plan, dataDir);
  let running = first;

  async function kill9(): Promise<void> {
    running.end('SIGKILL');
    await running.ended;
  }

  return {
    url: `${plan.scheme}://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid;
    },
    dataDir,
    kill9,
    async restart() {
      await kill9();
      running = await launch(plan, { port, dataDir });
    },
    async stop() {
      running.end('SIGTERM');
      const patience = setTimeout(() => running.end('SIGKILL'), 5_000);
      await running.ended;
      clearTimeout(patience);
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A port that was free a moment ago may be taken by another worker's server: then the next one. */
async function launchOnFreePort(plan: Plan, dataDir: string): Promise<[number, Running]> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return [port, await launch(plan, { port, dataDir })];
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

interface Running {
  readonly pid: number;
  readonly ended: Promise<void>;
  end(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** With their data folders. A test run that is cut short leaves neither servers nor folders behind. */
const alive = new Map<Running, string>();
process.on('exit', () => {
  for (const [running, dataDir] of alive) {
    running.end('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  }
});

async function launch(plan: Plan, place: { port: number; dataDir: string }): Promise<Running> {
  const logFile = join(place.dataDir, 'server.log');
  const log = openSync(logFile, 'a');
  const running = plan.program.path === undefined ? inDocker(plan, place, log) : asProcess(plan, place, log);
  closeSync(log);
  alive.set(running, place.dataDir);
  void running.ended.then(() => alive.delete(running));

  const giveUpAt = Date.now() + 60_000;
  while (!(await answers(plan, place.port))) {
    if (!alive.has(running) || Date.now() > giveUpAt) {
      running.end('SIGKILL');
      throw new Error(`${plan.program.name} did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
    }
    await delay(20);
  }
  return running;
}

function asProcess(plan: Plan, place: { port: number; dataDir: string }, log: number): Running {
  const child = spawn(plan.program.path ?? '', plan.args({ host: '127.0.0.1', ...place }), {
    stdio: ['ignore', log, log],
  });
  return {
    pid: child.pid ?? 0,
    ended: endOf(child),
    end: (signal) => void child.kill(signal),
  };
}

/** Under the caller's user, so that the data folder can be removed; ended by name, for the client is not the server. */
function inDocker(plan: Plan, place: { port: number; dataDir: string }, log: number): Running {
  const { port, dataDir } = place;
  const name = `waybill-test-${process.pid}-${port}-${Math.random().toString(36).slice(2, 8)}`;
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const options = ['--rm', '--name', name, '--user', user, '-p', `127.0.0.1:${port}:${port}`];
  const server = plan.program.name;
  const command = server === 'redis-server' ? [server] : [];
  const args = plan.args({ host: '0.0.0.0', port, dataDir: '/data' });
  const child = spawn(
    'docker',
    ['run', ...options, '-v', `${dataDir}:/data`, images[server], ...command, ...args],
    { stdio: ['ignore', log, log] },
  );
  return {
    pid: child.pid ?? 0,
    ended: endOf(child),
    end(signal) {
      try {
        execFileSync('docker', ['kill', '--signal', signal, name], { stdio: 'ignore' });
      } catch {
        // It has ended by itself.
      }
    },
  };
}

async function endOf(child: ChildProcess): Promise<void> {
  await Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => undefined);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port');
  return address.port;
}

/** Says hello in the server's own protocol: a port that is merely open does not count. */
async function answers(plan: Plan, port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(1_000, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.write(plan.ping);
  let heard = '';
  try {
    for await (const chunk of socket) {
      heard += String(chunk);
      if (plan.pong.test(heard)) return true;
      if (heard.startsWith('-')) return false;
    }
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
  return false;
}
