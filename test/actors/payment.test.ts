/** The payment’s activities: which gateway is asked, and what its errors mean. */
import { describe, expect, it } from 'vitest';
import { paymentWith } from '../../actors/payment.ts';
import type { PaymentGateway } from '../../actors/providers.ts';
import { defaultDurations } from '../../machines/durations.ts';
import type { Activity } from '../../runtime/definition.ts';
import { TerminalError } from '../../runtime/errors.ts';

const input = { gateway: 'one', key: 'o1~p1:auth', kind: 'authorize', amount: 5, paymentId: 'o1~p1' };
const call = { key: 'token', attempt: 1, repeated: false, signal: new AbortController().signal };

function gateway(name: string, answer: () => unknown): PaymentGateway {
  const asked = (operation: object): Promise<never> =>
    new Promise((resolve) => resolve({ ...(answer() as object), asked: { name, ...operation } } as never));
  const webhook: PaymentGateway['webhook'] = () => Promise.resolve({ verdict: 'unsigned' });
  return { name, capturesOnce: name === 'two', carryOut: asked, lookUp: asked, webhook };
}

function activity(name: 'carryOut' | 'lookUp', answer: () => unknown): Activity {
  const gateways = ['one', 'two'].map((each) => gateway(each, answer));
  const found = paymentWith({ durations: defaultDurations, gateways }).activities[name];
  if (found === undefined) throw new Error(`there is no activity ${name}`);
  return found;
}

const succeeded = (): object => ({ outcome: 'succeeded', reference: 'r' });
const throwing = (error: Error) => () => {
  throw error;
};

describe.each(['carryOut', 'lookUp'] as const)('%s', (name) => {
  it('asks the gateway by its name, and says which operation the answer is about', async () => {
    const output = await activity(name, succeeded).run({ ...input, gateway: 'two' }, call);
    expect(output).toMatchObject({
      key: 'o1~p1:auth',
      outcome: 'succeeded',
      asked: { name: 'two', amount: 5 },
    });
  });

  it('has a breaker for each gateway', () => {
    const { target } = activity(name, succeeded);
    const targets = ['one', 'two'].map(
      (of) => typeof target === 'function' && target({ ...input, gateway: of }),
    );
    expect(targets).toEqual(['gateway:one', 'gateway:two']);
  });

  it('lets errors through that another try may help', async () => {
    await expect(activity(name, throwing(new Error('503'))).run(input, call)).rejects.toThrow('503');
  });
});

describe('what can never succeed', () => {
  it.each([
    ['a second try, or the first of another owner', input, { ...call, repeated: true }],
    ['a repetition', { ...input, isRepeated: true }, call],
  ])('leaves it unknown in %s: the one before may have succeeded', async (_, asked, how) => {
    const unauthorized = activity('carryOut', throwing(new TerminalError('401')));
    expect(await unauthorized.run(asked, how)).toEqual({ key: input.key, outcome: 'unknown' });
  });

  it('has failed, with its reason', async () => {
    const declining = activity('carryOut', throwing(new TerminalError('no such card')));
    expect(await declining.run(input, call)).toEqual({
      key: input.key,
      outcome: 'failed',
      reason: 'no such card',
    });
  });

  it('such as a gateway that there is not', async () => {
    const carryOut = activity('carryOut', succeeded);
    const reason = 'there is no gateway named three';
    expect(await carryOut.run({ ...input, gateway: 'three' }, call)).toEqual({
      key: input.key,
      outcome: 'failed',
      reason,
    });
  });

  it('settles nothing where it was only looked up', async () => {
    const lookUp = activity('lookUp', throwing(new TerminalError('wrong')));
    await expect(lookUp.run(input, call)).rejects.toThrow(TerminalError);
  });
});

it('rule 4: no answer within 10 s is unknown, not another try', () => {
  expect(activity('carryOut', succeeded)).toMatchObject({
    timeoutMs: 10_000,
    late: { outcome: 'unknown' },
    retry: { attempts: 5 },
  });
});

it('rule 4: the last call that the chart may repeat is made while the gateway knows the key', () => {
  const { maxAgeMs = Infinity } = activity('carryOut', succeeded);
  expect(defaultDurations.paymentRepeat + maxAgeMs).toBeLessThan(24 * 3_600_000);
});

it('a payment keeps what its gateway could do when it was made', () => {
  const { input: schema } = paymentWith({
    durations: defaultDurations,
    gateways: [gateway('two', succeeded)],
  });
  const given = { orderId: 'o1', customerId: 'ada', method: 'ok', amount: 1, currency: 'EUR' };
  const made = ['one', 'two'].map((name) => schema.parse({ ...given, gateway: name }));
  expect(made).toMatchObject([{ capturesOnce: false }, { capturesOnce: true }]);
});
