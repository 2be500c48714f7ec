#!/usr/bin/env node
/** The command line, beside `main.ts`: `waybill export order o-17`. Settings as for `npm start`. */
import { existsSync } from 'node:fs';
import { definitionsWith } from './actors/registry.ts';
import { openClusterJournal } from './cli/cluster.ts';
import { openEmbedded } from './cli/embedded.ts';
import { exportActor } from './cli/export.ts';
import type { JournalSource } from './cli/journal.ts';
import { read, usage, type ExportRequest } from './cli/usage.ts';
import { readConfig, type Config } from './config.ts';
import { RetryableError, TerminalError } from './runtime/errors.ts';
import { createRegistry } from './runtime/registry.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
// Whoever reads what is printed may have seen enough.
process.stdout.on('error', () => process.exit(1));
// A server that does not answer is still being called.
const status = await main(process.argv.slice(2));
if (status !== 0) process.exit(status);

async function main(given: readonly string[]): Promise<number> {
  const asked = read(given);
  if ('help' in asked) {
    process.stdout.write(usage);
    return 0;
  }
  if ('problem' in asked) {
    tell(`${asked.problem}\n\n${usage.trimEnd()}`);
    return 2;
  }
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = readConfig(process.env);
  if ('problems' in config) {
    tell(`The settings are wrong:\n${config.problems.map((problem) => `  ${problem}`).join('\n')}`);
    return 1;
  }
  try {
    await run(asked.export, config);
    return 0;
  } catch (error) {
    if (!(error instanceof TerminalError || error instanceof RetryableError)) throw error;
    tell(error.message);
    return 1;
  }
}

async function run(request: ExportRequest, config: Config): Promise<void> {
  const durations = durationsOf(config);
  const source = await openSource(config);
  try {
    await exportActor(request, {
      source,
      registry: createRegistry(definitionsWith(durations)),
      durations,
      root: import.meta.dirname,
      now: Date.now(),
      stdout: process.stdout,
      tell,
    });
  } finally {
    await source.close();
  }
}

function openSource(config: Config): Promise<JournalSource> {
  if (config.WAYBILL_BACKEND === 'embedded') return openEmbedded(config.WAYBILL_DATA);
  return openClusterJournal({ natsUrl: config.WAYBILL_NATS_URL, namespace: config.WAYBILL_NAMESPACE });
}

/** As `main.ts` gives them to the charts. */
function durationsOf(config: Config): Record<string, number> {
  const { WAYBILL_DRAFT_EXPIRY_MS: draftExpiry, WAYBILL_CLOSING_MS: closing } = config;
  return {
    ...(draftExpiry === undefined ? {} : { draftExpiry }),
    ...(closing === undefined ? {} : { closing }),
  };
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
