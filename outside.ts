/** The world outside, as configured: gateways, a carrier, and the ways by which they come back. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { carrierFrom } from './actors/carriers/configured.ts';
import { noCarrier } from './actors/carriers/none.ts';
import { gatewaysFrom } from './actors/gateways/configured.ts';
import type { Carrier, PaymentGateway, Webhook } from './actors/providers.ts';
import { createSandbox, type Sandbox } from './actors/sandbox.ts';
import type { Config } from './config.ts';
import type { AppOptions } from './http/app.ts';
import { TerminalError, messageOf } from './runtime/errors.ts';
import type { Clock, Logger } from './runtime/ports.ts';

export interface Outside {
  readonly gateways: readonly PaymentGateway[];
  readonly carrier: Carrier;
  readonly http: Pick<AppOptions, 'webhooks' | 'sandbox'>;
  /** From now on Waybill is there, for webhooks of the sandbox. */
  start(url: string): void;
  stop(): void;
}

/** The sandbox is the world outside unless a real one is configured: nobody pays with play money by mistake. */
export async function openOutside(config: Config, { clock, logger }: Given): Promise<Outside> {
  const payments = await gatewaysFrom(config);
  const labels = await carrierFrom(config);
  const isReal = payments.gateways.length > 0 || labels.carrier !== undefined;
  const isSandbox = (config.WAYBILL_SANDBOX ?? (isReal ? 'off' : 'on')) === 'on';
  const note = isSandbox ? 'the sandbox is on: no money moves there' : 'the sandbox is off';
  for (const each of [...payments.notes, ...labels.notes, note]) logger.info({}, each);
  const real = {
    gateways: payments.gateways,
    carriers: labels.carrier === undefined ? [] : [labels.carrier],
  };
  return isSandbox ? withSandbox(real, { clock, file: config.WAYBILL_SANDBOX_DATA }) : withoutSandbox(real);
}

interface Given {
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Real {
  readonly gateways: readonly PaymentGateway[];
  readonly carriers: readonly Carrier[];
}

function withoutSandbox({ gateways, carriers }: Real): Outside {
  return {
    ...{ gateways, carrier: carriers[0] ?? noCarrier },
    http: { webhooks: { payments: webhooksOf(gateways), carriers: webhooksOf(carriers) } },
    start: () => undefined,
    stop: () => undefined,
  };
}

function withSandbox(real: Real, { clock, file }: { clock: Clock; file: string }): Outside {
  let url: string | undefined;
  const sandbox = openSandbox(file, clock, () => url);
  const { http, ...outside } = withoutSandbox({
    gateways: [...real.gateways, sandbox.gateway],
    carriers: [...real.carriers, sandbox.carrier],
  });
  return {
    ...outside,
    http: { ...http, sandbox: sandbox.pages },
    start(where) {
      url = where;
      sandbox.start();
    },
    stop: () => sandbox.stop(),
  };
}

function webhooksOf(sources: readonly { name: string; webhook: Webhook }[]): Map<string, Webhook> {
  return new Map(sources.map(({ name, webhook }) => [name, webhook]));
}

function openSandbox(file: string, clock: Clock, whereIs: () => string | undefined): Sandbox {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return createSandbox({ file, clock, post });
  } catch (error) {
    throw new TerminalError(`WAYBILL_SANDBOX_DATA: ${file} cannot be opened: ${messageOf(error)}`, {
      cause: error,
    });
  }

  async function post(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number> {
    const url = whereIs();
    if (url === undefined) throw new Error('Waybill does not serve yet');
    const all = { ...headers, 'content-type': 'application/json' };
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: all, body });
    await response.arrayBuffer();
    return response.status;
  }
}
