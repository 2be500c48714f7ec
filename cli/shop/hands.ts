/** The hands with which a busy shop walks an order: they take their time, and count what they are answered. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Call } from './calls.ts';
import type { ShopRandom } from './random.ts';
import { Unexpected, type Shop } from './steps.ts';
import type { Tally } from './tally.ts';
import { viewOf } from './views.ts';
import { waitUntil } from './wait.ts';

export interface HandsOptions {
  readonly call: Call;
  readonly tally: Tally;
  readonly random: ShopRandom;
  /** How long a person takes for a step at most. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
}

const lookMs = { first: 50, most: 1_000 };
const withinMs = 180_000;

export function createHands({ call, tally, random, pauseMs, signal }: HandsOptions): Shop {
  async function ask(method: 'POST' | 'PUT', path: string, body: unknown): Promise<Answer> {
    await delay(random.next() * pauseMs, undefined, { signal });
    return call({ method, path, body });
  }

  return {
    async send(path, body, expected = [200]) {
      const answer = await ask('POST', path, body);
      const { status } = answer;
      if (!expected.includes(status)) throw new Unexpected(`POST ${path}: ${status} ${detailOf(answer)}`);
      if (status === 409) tally.refusedOnPurpose += 1;
      return viewOf(answer);
    },
    async put(path, body) {
      const answer = await ask('PUT', path, body);
      if (answer.status !== 200) throw new Unexpected(`PUT ${path}: ${answer.status} ${detailOf(answer)}`);
    },
    until: (path, isSo) => waitUntil(path, isSo, { call, withinMs, lookMs, signal }),
  };
}

function detailOf({ body }: Answer): string {
  return typeof body['detail'] === 'string' ? body['detail'] : '';
}
