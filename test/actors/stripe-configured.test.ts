/** Stripe by configuration: on with all that it needs, off without a key, and nothing in between. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { gatewaysFrom } from '../../actors/gateways/configured.ts';
import { readConfig, type Config } from '../../config.ts';

const key = { WAYBILL_STRIPE_SECRET_KEY: 'sk_test_1' };
const on = { ...key, WAYBILL_STRIPE_WEBHOOK_SECRET: 'whsec_1' };

function configOf(env: Record<string, string>): Config {
  const config = readConfig(env);
  if ('problems' in config) throw new Error(config.problems.join('\n'));
  return config;
}

test('is off without a key, and says so', async () => {
  expect(await gatewaysFrom(configOf({}))).toEqual({
    gateways: [],
    notes: ['Stripe is off: WAYBILL_STRIPE_SECRET_KEY is not set'],
  });
});

test('is on with a key and a webhook secret', async () => {
  const { gateways, notes } = await gatewaysFrom(configOf(on));
  expect(gateways.map(({ name, capturesOnce }) => ({ name, capturesOnce }))).toEqual([
    { name: 'stripe', capturesOnce: true },
  ]);
  expect(notes).toEqual(['Stripe is on with a test key, one capture a payment']);
});

test('can be told that it captures several times, where, and how customers come back', async () => {
  const { gateways, notes } = await gatewaysFrom(
    configOf({
      ...on,
      WAYBILL_STRIPE_SECRET_KEY: 'rk_live_1',
      WAYBILL_STRIPE_CAPTURES: 'several',
      WAYBILL_STRIPE_URL: 'http://127.0.0.1:12111',
      WAYBILL_STRIPE_RETURN_URL: 'https://shop.example/paid',
    }),
  );
  expect(gateways[0]?.capturesOnce).toBe(false);
  expect(notes).toEqual([
    'Stripe is on with a live key at http://127.0.0.1:12111, several captures a payment',
  ]);
});

test.each<[string, Record<string, string>, string]>([
  ['half of it', key, 'WAYBILL_STRIPE_WEBHOOK_SECRET: is needed with WAYBILL_STRIPE_SECRET_KEY'],
  [
    'the other half',
    { WAYBILL_STRIPE_WEBHOOK_SECRET: 'whsec_1' },
    'WAYBILL_STRIPE_WEBHOOK_SECRET: is set, but Stripe is off: WAYBILL_STRIPE_SECRET_KEY is not set',
  ],
  [
    'an option of what is off',
    { WAYBILL_STRIPE_CAPTURES: 'several' },
    'WAYBILL_STRIPE_CAPTURES: is set, but Stripe is off',
  ],
  [
    'a publishable key',
    { ...on, WAYBILL_STRIPE_SECRET_KEY: 'pk_test_1' },
    'must be a secret or restricted key',
  ],
  [
    'the key as webhook secret',
    { ...on, WAYBILL_STRIPE_WEBHOOK_SECRET: 'sk_test_1' },
    'must start with whsec_',
  ],
  [
    'a server that would get the key in the clear',
    { ...on, WAYBILL_STRIPE_URL: 'http://stripe.example' },
    'WAYBILL_STRIPE_URL: must be https, except on 127.0.0.1',
  ],
])('%s stops the start, in plain words', (_, env, problem) => {
  const config = readConfig(env);
  const problems = 'problems' in config ? config.problems.join('\n') : '';
  expect(problems).toContain(problem);
  expect(problems).not.toContain('test_1');
});

test('.env.example holds no setting that is none', () => {
  const example = parseEnv(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'));
  expect(readConfig(example)).not.toHaveProperty('problems');
});
