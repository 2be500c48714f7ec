/** `npm run simulate-shop`: a busy shop on a running server, or on one that it starts. */
import { TerminalError, messageOf } from '../../runtime/errors.ts';
import { createCalls } from './calls.ts';
import { readShop, usage, type ShopRequest } from './request.ts';
import { runShop } from './run.ts';
import { startShopServer, type ShopServer } from './server.ts';
import { Unexpected } from './steps.ts';
import { count, newTally, statusLine, summaryOf, type Tally } from './tally.ts';

const { stdout, stderr } = process;
/** npm passes on what the terminal has sent already: twice at once is meant once. */
const doubleMs = 500;
const drawEveryMs = 250;
const tellEveryMs = 5_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const asked = readShop(process.argv.slice(2), process.env);
  if ('help' in asked) {
    stdout.write(asked.help);
    return 0;
  }
  if ('problem' in asked) {
    stderr.write(`${asked.problem}\n\n${usage}`);
    return 2;
  }
  const signals = closeWhenAsked();
  let server: ShopServer | undefined;
  try {
    if (asked.shop.server === undefined) server = await startShopServer();
    return await keepBusy(asked.shop, asked.shop.server ?? (server as ShopServer), signals);
  } catch (error) {
    if (!(error instanceof TerminalError || error instanceof Unexpected)) throw error;
    stderr.write(`${messageOf(error)}\n`);
    return 1;
  } finally {
    await server?.stop();
  }
}

interface Signals {
  readonly closing: AbortSignal;
  readonly ending: AbortController;
}

async function keepBusy(
  request: ShopRequest,
  at: { readonly url: string; readonly token: string },
  { closing, ending }: Signals,
): Promise<number> {
  const tally = newTally();
  const { patienceMs, seed } = request;
  const call = createCalls({
    ...{ url: at.url, token: at.token, patienceMs, signal: ending.signal },
    seen: (_, status) => count(tally.statuses, status),
  });
  stdout.write(`A shop at ${at.url}, seed ${seed}. Ctrl-C closes it.\n`);
  const begun = performance.now();
  const stopShowing = show(tally, begun);
  try {
    await runShop({ request, call, tally, closing, ending });
  } finally {
    stopShowing();
    stdout.write(summaryOf(tally, performance.now() - begun));
  }
  return tally.problemCount === 0 ? 0 : 1;
}

/** A line that is drawn anew on a terminal, else one now and then. */
function show(tally: Tally, begun: number): () => void {
  const text = (): string =>
    statusLine(tally, performance.now() - begun).slice(0, (stdout.columns || 200) - 1);
  const timer = stdout.isTTY
    ? setInterval(() => stdout.write(`\r${text()}\u001B[K`), drawEveryMs)
    : setInterval(() => stdout.write(`${text()}\n`), tellEveryMs);
  return () => {
    clearInterval(timer);
    stdout.write(stdout.isTTY ? `\r${text()}\u001B[K\n` : `${text()}\n`);
  };
}

/** The first signal closes the shop for new orders, the second one ends everything. */
function closeWhenAsked(): Signals {
  const closing = new AbortController();
  const ending = new AbortController();
  let askedAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (closing.signal.aborted && performance.now() - askedAt < doubleMs) return;
      if (closing.signal.aborted) ending.abort();
      askedAt = performance.now();
      closing.abort();
      stderr.write('\nNo more orders; those under way go on to their ends. Once more ends at once.\n');
    });
  }
  return { closing: closing.signal, ending };
}
