/** Waybill as a process of its own, and traffic on it, with what each request costs. */
import { mintToken } from '../../http/auth.ts';
import { watchCpu, type Cpu, type Processes } from './cpu.ts';
import type { Opened } from './open.ts';
import { ready, start, type Running } from './server.ts';
import { openShop, runShop, type Measured, type Traffic } from './shop.ts';

export const connections = 64;
const secret = 'a secret that only this benchmark knows, for its own servers';
const roles = ['customer', 'cs', 'picker', 'packer', 'warehouseManager', 'admin'];
export const token = await mintToken(
  secret,
  { subject: 'c-1', roles, warehouses: ['*'] },
  { now: Date.now(), lifetimeS: 86_400 },
);
let series = 0;

export interface System {
  readonly env: Record<string, string>;
  /** Of its own, by name. */
  readonly servers: Processes;
}

export interface Backend extends System {
  readonly name: string;
  /** Without HTTP, under a name of its own. */
  open(name: string): Promise<Opened>;
}

/** Ready, with a warehouse and all goods on its shelves. */
export async function serveWaybill(env: Record<string, string>): Promise<Running> {
  const running = await start('main.ts', {
    ...env,
    WAYBILL_PORT: '0',
    WAYBILL_JWT_SECRET: secret,
    WAYBILL_LOG_LEVEL: 'error',
    WAYBILL_RATE_PER_SECOND: '0',
    // The world outside costs nothing but its own work.
    WAYBILL_SANDBOX_DATA: ':memory:',
  });
  await ready(running.url);
  await openShop({ url: running.url, token });
  return running;
}

/** What is sent, and by which client. */
export type Mix = Pick<Traffic, 'client' | 'kind'>;

/** To be sent to, and watched. */
export interface Served {
  readonly url: string;
  readonly processes: Processes;
}

export interface Shopped extends Measured {
  /** For a request. */
  readonly cpu: Cpu;
}

/** `count` orders. */
export async function shop({ url, processes }: Served, mix: Mix, count: number): Promise<Shopped> {
  const spent = watchCpu(processes);
  const measured = await runShop({
    ...mix,
    ...{ url, token, connections, orders: count, prefix: `bench-${++series}-` },
  });
  const each = Object.entries(spent()).map(([name, us]) => [name, us / measured.requests]);
  return { ...measured, cpu: Object.fromEntries(each) as Cpu };
}

export function served({ url, pid }: Running, servers: Processes, name = 'Waybill'): Served {
  return { url, processes: { [name]: pid, ...servers } };
}
