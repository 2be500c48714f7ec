/**
 * `waybill import`: sends each item of a file to a running server, as one create command. The actors decide; what is
 * there already stays as it is, so that a repeat does no harm.
 */
import { stat } from 'node:fs/promises';
import { TerminalError, messageOf } from '../../runtime/errors.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import { checkToken } from './bearer.ts';
import { createClient, type Client } from './client.ts';
import { columnsOf } from './columns.ts';
import { creationOf, type Creation } from './creation.ts';
import { readCsv } from './csv.ts';
import { checkServer, createDelivery, type Deliver, type Outcome } from './delivery.ts';
import { identityOf } from './identity.ts';
import { progressFileOf, type ImportRequest } from './request.ts';
import { inOrder } from './in-order.ts';
import type { Item } from './item.ts';
import { openLedger, type Ledger } from './ledger.ts';
import { readNdjson } from './ndjson.ts';
import { showProgress, type State } from './progress.ts';
import { summaryOf } from './summary.ts';

export interface ImportSetting {
  readonly registry: Registry;
  /** What is under way is finished, and nothing more is sent. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WriteStream;
}

/** `refused`: some items were. `interrupted`: it was told to end. */
export type ImportEnd = 'done' | 'refused' | 'interrupted';

/** Rejects with `TerminalError` where it could not go on, in words for a person; the progress is kept. */
export async function importFile(request: ImportRequest, setting: ImportSetting): Promise<ImportEnd> {
  const creation = creationOf(setting.registry, request.kind);
  const size = await sizeOf(request.file);
  const client = createClient({ ...request, atOnce: request.concurrency });
  try {
    if (!request.dryRun) await checkConnection(client, creation, request);
    return await run({ request, setting, creation, client, size });
  } catch (error) {
    // The file, its progress or its report: a full disk, a folder that is not ours.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new TerminalError(error.message, { cause: error });
  } finally {
    client.close();
  }
}

interface Import {
  readonly request: ImportRequest;
  readonly setting: ImportSetting;
  readonly creation: Creation;
  readonly client: Client;
  /** bytes */
  readonly size: number;
}

async function run(given: Import): Promise<ImportEnd> {
  const { request, setting, creation, size } = given;
  const ledger = await ledgerOf(request);
  sayStart(ledger, given);
  const noun = creation.path.slice(1);
  const begun = { at: performance.now(), ...ledger.progress };
  const stopShowing = showProgress({ out: setting.stderr, noun, state: () => stateOf(ledger, size) });
  let isWhole = false;
  try {
    isWhole = await settleAll(given, ledger);
  } finally {
    stopShowing();
    if (isWhole) ledger.finish();
    else ledger.save();
    ledger.close();
    setting.stdout.write(summaryOf({ begun, now: performance.now(), progress: ledger.progress, request }));
  }
  if (!isWhole) {
    if (!request.dryRun)
      setting.stderr.write('Ended before the end of the file; the same command goes on from there.\n');
    return 'interrupted';
  }
  return ledger.progress.refused === 0 ? 'done' : 'refused';
}

/** False: it was told to end before the end of the file. */
async function settleAll({ request, setting, creation, client }: Import, ledger: Ledger): Promise<boolean> {
  const failed = new AbortController();
  const signal = AbortSignal.any([setting.signal, failed.signal]);
  const { patienceMs, concurrency } = request;
  const deliver = request.dryRun ? accept : createDelivery({ client, creation, patienceMs, signal });
  const settle = createSettler(creation, deliver);
  let isWhole = false;

  async function* items(): AsyncGenerator<Item> {
    for await (const item of itemsOf(request, creation)) {
      if (signal.aborted) return;
      if (item.line > ledger.progress.line) yield item;
    }
    isWhole = true;
  }

  try {
    await inOrder(items(), {
      atOnce: concurrency,
      work: (item) =>
        settle(item).catch((error: unknown) => {
          failed.abort();
          throw error;
        }),
      take: (item, outcome) => ledger.take(item, outcome),
      size: ({ text }) => text.length,
    });
    return isWhole;
  } catch (error) {
    if (setting.signal.aborted && !(error instanceof TerminalError)) return false;
    throw error;
  }
}

/** What a dry run hears from nobody. */
const accept: Deliver = () => Promise.resolve({ is: 'created' });

/** Items of one id are sent one after the other, so that the first in the file is the one that counts. */
function createSettler(creation: Creation, deliver: Deliver): (item: Item) => Promise<Outcome> {
  const underWay = new Map<string, Promise<unknown>>();
  return async function settle({ content, text }) {
    const checked = 'refusal' in content ? content : creation.check(content.value);
    if ('refusal' in checked) return { is: 'refused', refusal: checked.refusal };
    const { id } = checked;
    const before = underWay.get(id);
    const delivered =
      before === undefined ? deliver(checked, text) : before.then(() => deliver(checked, text));
    underWay.set(id, delivered);
    try {
      return await delivered;
    } finally {
      if (underWay.get(id) === delivered) underWay.delete(id);
    }
  };
}

function itemsOf({ file }: ImportRequest, { input }: Creation): AsyncGenerator<Item> {
  return /\.csv$/i.test(file) ? readCsv(file, columnsOf(input)) : readNdjson(file);
}

async function ledgerOf(request: ImportRequest): Promise<Ledger> {
  const { report, restart, dryRun } = request;
  const file = dryRun ? undefined : progressFileOf(request);
  return openLedger({ of: await identityOf(request), file, report, restart });
}

function sayStart({ start, progress }: Ledger, { request, setting }: Import): void {
  const { stderr } = setting;
  if (start === 'resumed') stderr.write(`Going on behind line ${progress.line}; --restart begins anew.\n`);
  if (start === 'other') {
    stderr.write(`${progressFileOf(request)} is of another file, server, kind or report: beginning anew.\n`);
  }
}

function stateOf({ progress }: Ledger, total: number): State {
  const { bytes, created, there, refused } = progress;
  return { done: bytes, total, count: created + there + refused, refused };
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new TerminalError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
  if (!found.isFile()) throw new TerminalError(`${file} is no file`);
  return found.size;
}

/** One clear message before anything is sent, not one for each item. */
async function checkConnection(
  client: Client,
  creation: Creation,
  { url, token }: ImportRequest,
): Promise<void> {
  checkToken(token, creation);
  const answer = await client.get(`${creation.path}?limit=1`).catch((cause: unknown) => {
    throw new TerminalError(`no server answers at ${url}: ${messageOf(cause)}`, { cause });
  });
  checkServer(answer, creation.path);
}
