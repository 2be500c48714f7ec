#!/usr/bin/env node
/** The command line, beside `main.ts`: `waybill export order o-17` and `doctor`, with its settings, and `import`. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { relations } from './actors/health/health.ts';
import { definitionsWith } from './actors/registry.ts';
import { examine } from './cli/doctor/doctor.ts';
import { openDoctorEmbedded } from './cli/doctor/embedded.ts';
import { isClean, reportJson, reportText } from './cli/doctor/report.ts';
import type { DoctorRequest } from './cli/doctor/request.ts';
import type { DoctorSource } from './cli/doctor/source.ts';
import { openEmbedded } from './cli/embedded.ts';
import { exportActor } from './cli/export/export.ts';
import { importFile } from './cli/import/import.ts';
import type { ImportRequest } from './cli/import/request.ts';
import type { JournalSource } from './cli/journal.ts';
import { read, usage, type ExportRequest } from './cli/usage.ts';
import { readConfig, type Config } from './config.ts';
import { RetryableError, TerminalError } from './runtime/errors.ts';
import { createRegistry } from './runtime/core/registry.ts';

const signals = { SIGINT: 130, SIGTERM: 143 };
const doubleMs = 500;
// Whoever reads what is printed may have seen enough.
process.stdout.on('error', () => process.exit(1));
// A server that does not answer is still being called.
const status = await main(process.argv.slice(2));
if (status !== 0) process.exit(status);

async function main(given: readonly string[]): Promise<number> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const asked = read(given, process.env);
  if ('help' in asked) {
    process.stdout.write(usage);
    return 0;
  }
  if ('problem' in asked) {
    tell(`${asked.problem}\n\n${usage.trimEnd()}`);
    return 2;
  }
  return 'doctor' in asked ? diagnose(asked.doctor) : carryOut(asked);
}

type Asked = { readonly import: ImportRequest } | { readonly export: ExportRequest };

async function carryOut(asked: Asked): Promise<number> {
  try {
    return await ('import' in asked ? runImport(asked.import) : runExport(asked.export));
  } catch (error) {
    if (!(error instanceof TerminalError || error instanceof RetryableError)) throw error;
    tell(error.message);
    return 1;
  }
}

/** Whatever goes wrong: status 1 would say that something was found. */
async function diagnose(request: DoctorRequest): Promise<number> {
  try {
    return await runDoctor(request);
  } catch (error) {
    const isExpected = error instanceof TerminalError || error instanceof RetryableError;
    tell(isExpected ? error.message : inspect(error));
    return 2;
  }
}

/** A client: what it needs is in the request, and the server's settings are none of its own. */
async function runImport(request: ImportRequest): Promise<number> {
  const asked = new AbortController();
  let interrupted = 1;
  let askedAt = 0;
  for (const [signal, code] of Object.entries(signals)) {
    process.on(signal, () => {
      const isSecond = asked.signal.aborted;
      // npm passes on what the terminal has sent already: twice at once is meant once.
      if (isSecond && performance.now() - askedAt > doubleMs) process.exit(code);
      if (isSecond) return;
      askedAt = performance.now();
      interrupted = code;
      asked.abort();
      tell('\nEnding with what is under way; once more ends at once.');
    });
  }
  const registry = createRegistry(definitionsWith());
  const { stdout, stderr } = process;
  const end = await importFile(request, { registry, signal: asked.signal, stdout, stderr });
  return { done: 0, refused: 1, interrupted }[end];
}

async function runExport(request: ExportRequest): Promise<number> {
  for (const signal of Object.keys(signals)) process.on(signal, () => process.exit(1));
  const config = readConfig(process.env);
  if (!('problems' in config)) {
    await exportFrom(request, config);
    return 0;
  }
  tellProblems(config.problems);
  return 1;
}

async function runDoctor({ json, limit, pauseMs, deadSince }: DoctorRequest): Promise<number> {
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => process.exit(code));
  const config = readConfig(process.env);
  if ('problems' in config) {
    tellProblems(config.problems);
    return 2;
  }
  const diagnosis = await examine({
    ...{ limit, deadSince, relations, now: Date.now() },
    registry: createRegistry(definitionsWith({ durations: durationsOf(config) })),
    open: () => openDoctor(config),
    pause: () => delay(pauseMs),
  });
  process.stdout.write(json ? reportJson(diagnosis) : reportText(diagnosis));
  return isClean(diagnosis) ? 0 : 1;
}

async function openDoctor(config: Config): Promise<DoctorSource> {
  const { WAYBILL_NATS_URL: natsUrl, WAYBILL_REDIS_URL: redisUrl, WAYBILL_NAMESPACE: namespace } = config;
  if (config.WAYBILL_BACKEND === 'embedded') return openDoctorEmbedded(config.WAYBILL_DATA);
  const { openDoctorCluster } = await import('./cli/doctor/cluster.ts');
  return openDoctorCluster({ natsUrl, redisUrl, namespace });
}

async function exportFrom(request: ExportRequest, config: Config): Promise<void> {
  const durations = durationsOf(config);
  const source = await openSource(config);
  try {
    await exportActor(request, {
      source,
      registry: createRegistry(definitionsWith({ durations })),
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

async function openSource(config: Config): Promise<JournalSource> {
  if (config.WAYBILL_BACKEND === 'embedded') return openEmbedded(config.WAYBILL_DATA);
  // Loaded only when it is needed: the clients of NATS and Redis are a fifth of the start.
  const { openClusterJournal } = await import('./cli/cluster.ts');
  return openClusterJournal({ natsUrl: config.WAYBILL_NATS_URL, namespace: config.WAYBILL_NAMESPACE });
}

/** As `main.ts` gives them to the charts. */
function durationsOf(config: Config): Record<string, number> {
  const { WAYBILL_DRAFT_EXPIRY_MS: draftExpiry, WAYBILL_CLOSING_MS: closing } = config;
  return {
    ...config.WAYBILL_DURATIONS,
    ...(draftExpiry === undefined ? {} : { draftExpiry }),
    ...(closing === undefined ? {} : { closing }),
  };
}

function tellProblems(problems: readonly string[]): void {
  tell(`The settings are wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
