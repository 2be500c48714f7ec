/** The carrier that the configuration turns on, and a line about it for the log. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { TerminalError, messageOf } from '../../runtime/errors.ts';
import type { Carrier } from '../providers.ts';
import { parcelSettings, type ParcelSettings } from './easypost-parcels.ts';

/** Settings by their names in the environment; config.ts has checked that they go together. */
export interface CarrierConfig {
  readonly WAYBILL_EASYPOST_API_KEY?: string | undefined;
  readonly WAYBILL_EASYPOST_WEBHOOK_SECRET?: string | undefined;
  readonly WAYBILL_EASYPOST_FILE?: string | undefined;
  readonly WAYBILL_EASYPOST_URL?: string | undefined;
}

export interface ConfiguredCarrier {
  readonly carrier?: Carrier;
  readonly notes: readonly string[];
}

/** Without a key it is off. A file that is missing or wrong is a `TerminalError` in plain words. */
export async function carrierFrom(config: CarrierConfig): Promise<ConfiguredCarrier> {
  const {
    WAYBILL_EASYPOST_API_KEY: apiKey,
    WAYBILL_EASYPOST_WEBHOOK_SECRET: webhookSecret,
    WAYBILL_EASYPOST_FILE: file,
    WAYBILL_EASYPOST_URL: url,
  } = config;
  if (apiKey === undefined || webhookSecret === undefined || file === undefined) {
    return { notes: ['EasyPost is off: WAYBILL_EASYPOST_API_KEY is not set'] };
  }
  const parcels = readParcels(file);
  // Loaded only when it is on.
  const { easyPostCarrier } = await import('./easypost.ts');
  const carrier = easyPostCarrier({ apiKey, webhookSecret, parcels, ...(url === undefined ? {} : { url }) });
  const mode = apiKey.startsWith('EZTK') ? 'with a test key' : 'with a live key';
  const where = url === undefined ? '' : ` at ${new URL(url).origin}`;
  const from = [...parcels.warehouses.keys()].join(', ') || 'no warehouse';
  return { carrier, notes: [`EasyPost is on ${mode}${where}, for parcels from ${from}`] };
}

function readParcels(file: string): ParcelSettings {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new TerminalError(`WAYBILL_EASYPOST_FILE: ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const parsed = parcelSettings.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TerminalError(`WAYBILL_EASYPOST_FILE: ${file} is not right:\n${z.prettifyError(parsed.error)}`);
}
