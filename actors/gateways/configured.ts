/** The gateways that the configuration turns on, and a line about each for the log. */
import type { PaymentGateway } from '../providers.ts';

/** Settings by their names in the environment; config.ts has checked that they go together. */
export interface GatewayConfig {
  readonly WAYBILL_STRIPE_SECRET_KEY?: string | undefined;
  readonly WAYBILL_STRIPE_WEBHOOK_SECRET?: string | undefined;
  readonly WAYBILL_STRIPE_URL?: string | undefined;
  readonly WAYBILL_STRIPE_RETURN_URL?: string | undefined;
  readonly WAYBILL_STRIPE_CAPTURES?: 'once' | 'several';
}

export interface ConfiguredGateways {
  readonly gateways: readonly PaymentGateway[];
  readonly notes: readonly string[];
}

/** Without a key a gateway is off; secrets never stand in the notes. */
export async function gatewaysFrom(config: GatewayConfig): Promise<ConfiguredGateways> {
  const { WAYBILL_STRIPE_SECRET_KEY: secretKey, WAYBILL_STRIPE_WEBHOOK_SECRET: webhookSecret } = config;
  if (secretKey === undefined || webhookSecret === undefined) {
    return { gateways: [], notes: ['Stripe is off: WAYBILL_STRIPE_SECRET_KEY is not set'] };
  }
  const { WAYBILL_STRIPE_URL: url, WAYBILL_STRIPE_RETURN_URL: returnUrl } = config;
  const capturesOnce = config.WAYBILL_STRIPE_CAPTURES !== 'several';
  // Loaded only when it is on: the library takes 0.4 s and 30 MB.
  const { stripeGateway } = await import('./stripe.ts');
  const stripe = stripeGateway({
    secretKey,
    webhookSecret,
    capturesOnce,
    ...(url === undefined ? {} : { url }),
    ...(returnUrl === undefined ? {} : { returnUrl }),
  });
  const mode = /^[a-z]+_test_/.test(secretKey) ? 'with a test key' : 'with a live key';
  const where = url === undefined ? '' : ` at ${new URL(url).origin}`;
  const captures = capturesOnce ? 'one capture a payment' : 'several captures a payment';
  return { gateways: [stripe], notes: [`Stripe is on ${mode}${where}, ${captures}`] };
}
