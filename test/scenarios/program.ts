/** Scenarios on the real program: all at once in one process, those that change the weather in one of their own. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startApp, admin, bearer, type App, type Env } from '../support/app.ts';
import { makeFolder } from '../support/places.ts';
import { until } from '../support/until.ts';
import { endOf, expectedEnd, shopFor, step } from './play.ts';
import { tagOf, type Scenario } from './scenario.ts';
import type { Shop } from './shop.ts';
import type { World } from './world.ts';

export interface Ending {
  /** What is so, and what should be. */
  readonly is: unknown;
  readonly should: unknown;
  readonly shop: Shop;
}

export interface Way {
  /** What each program is started with, by its name. */
  readonly env: (name: string) => Env;
  /** SIGKILL after every so many steps, and after the last one. Left out: never. */
  readonly killEvery?: number;
}

export interface Played {
  /** Throws what went wrong on the way. */
  ending(scenario: Scenario): Ending;
  /** How often a process was killed. */
  readonly kills: number;
  readonly close: () => Promise<void>;
}

const patienceMs = 120_000;

/** The clock cannot be moved: what people wait for minutes takes seconds. */
const durations = {
  ...{ payWindow: 3_000, contendedRetry: 500 },
  ...{ paymentLookUpSoon: 1_000, paymentLookUpNext: 600_000 },
};

export async function playOnPrograms(scenarios: readonly Scenario[], way: Way): Promise<Played> {
  const shared = scenarios.filter(({ alone }) => alone !== true);
  const groups = [shared, ...scenarios.filter(({ alone }) => alone === true).map((one) => [one])];
  const played = await Promise.all(
    groups.filter(({ length }) => length > 0).map((group) => playGroup(group, way)),
  );
  return {
    kills: played.reduce((sum, { kills }) => sum + kills, 0),
    ending(scenario) {
      const found = played.map(({ endings }) => endings.get(scenario)).find((each) => each !== undefined);
      if (found === undefined) throw new Error('it was not played');
      if (found instanceof Error) throw found;
      return found;
    },
    async close() {
      await Promise.all(played.map(({ close }) => close()));
    },
  };
}

interface Group {
  readonly endings: ReadonlyMap<Scenario, Ending | Error>;
  readonly kills: number;
  readonly close: () => Promise<void>;
}

async function playGroup(group: readonly Scenario[], { env, killEvery }: Way): Promise<Group> {
  const isKilled = killEvery !== undefined;
  const name = group.length === 1 && group[0] !== undefined ? tagOf(group[0]) : 'shared';
  const folder = await makeFolder();
  const waits = Object.assign({}, durations, ...group.map((each) => each.durations ?? {})) as object;
  const app = await startApp({
    ...env(name),
    WAYBILL_SANDBOX_DATA: join(folder.path, 'sandbox.db'),
    WAYBILL_DURATIONS: Object.entries(waits)
      .map(([delay, ms]) => `${delay}=${String(ms)}`)
      .join(','),
    // A process that is killed is to be followed soon; one that is not has no reason to lose a lease.
    WAYBILL_LEASE_MS: isKilled ? '1000' : '30000',
    WAYBILL_LOG_LEVEL: 'warn',
  });
  const world = worldOf(app, isKilled);
  const shops = new Map(group.map((scenario) => [scenario, shopFor(world, scenario)]));
  const failures = new Map<Scenario, Error>();
  let kills = 0;

  /** What has failed is not played on. */
  async function each(run: (scenario: Scenario, shop: Shop) => Promise<unknown>): Promise<void> {
    await Promise.all(
      [...shops].map(async ([scenario, shop]) => {
        if (failures.has(scenario)) return;
        await run(scenario, shop).catch((error: unknown) => failures.set(scenario, error as Error));
      }),
    );
  }

  if (isKilled) {
    const last = Math.max(...group.map(({ steps }) => steps.length)) - 1;
    for (let index = 0; index <= last; index++) {
      await each((scenario, shop) => step(scenario, shop, index));
      if ((index + 1) % killEvery !== 0 && index < last) continue;
      await app.kill9();
      kills += 1;
      await app.restart();
    }
  } else {
    await each(async (scenario, shop) => {
      for (const index of scenario.steps.keys()) await step(scenario, shop, index);
    });
  }

  const endings = new Map<Scenario, Ending | Error>();
  await each(async (scenario, shop) => {
    const is = await endOf(scenario, shop);
    endings.set(scenario, { is, should: expectedEnd(scenario, shop), shop });
  });
  for (const [scenario, failure] of failures) endings.set(scenario, failure);
  return {
    endings,
    kills,
    async close() {
      await app.kill9();
      await folder.remove();
    },
  };
}

function worldOf(app: App, isKilled: boolean): World {
  return {
    isKilled,
    async send(method, path, body) {
      const key = method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
      const headers = { ...(await bearer(admin)), 'content-type': 'application/json', ...key };
      const given = body === undefined ? {} : { body: JSON.stringify(body) };
      // As every client should: what is not available now is asked for again, under the same key.
      return until(
        async () => {
          const response = await fetch(`${app.url}${path}`, { method, headers, ...given });
          const answer = { status: response.status, body: await response.json() };
          return isInDoubt(answer.status) ? undefined : answer;
        },
        { withinMs: patienceMs, what: () => `${method} ${path} is answered` },
      );
    },
    async until(look, what) {
      const found = await until(
        async () => {
          const value = await look();
          return value === undefined ? undefined : { value };
        },
        { withinMs: patienceMs, what },
      );
      return found.value;
    },
    pass: () => Promise.resolve(),
  };
}

function isInDoubt(status: number): boolean {
  return status === 503 || status === 504;
}
