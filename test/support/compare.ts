/**
 * After all has settled: every actor compared with what its clients were answered. Finds what was lost, what
 * was done twice, what was done though it was refused, and actors that do not agree with each other or with
 * the world outside.
 */
import type { StateNode } from 'xstate';
import { fulfillmentMachine } from '../../machines/fulfillment.machine.ts';
import { orderMachine } from '../../machines/order.machine.ts';
import { paymentMachine } from '../../machines/payment.machine.ts';
import { shipmentMachine } from '../../machines/shipment.machine.ts';
import { stockItemMachine } from '../../machines/stockItem.machine.ts';
import { leafPaths } from '../../runtime/core/chart.ts';
import { compareDeal, compareNumbers, compareStock, type Deal, type Ledger } from './compare-outside.ts';
import { shelves } from './shop.ts';
import type { ActorView, Attempt, Command, Traffic } from './traffic.ts';

export interface Entry {
  readonly sequence: number;
  readonly version: number;
  readonly event: string;
  readonly from: State | null;
  readonly to: State;
  readonly outcome: 'accepted' | 'refused';
  readonly principal: { readonly subject: string } | null;
  readonly cause: string;
}
type State = Parameters<typeof leafPaths>[0];

export interface Comparing {
  /** Reads as somebody who may see everything. */
  readonly get: (path: string) => Promise<Response>;
  /** JetStream has lost its tail, and with it entries of the journal. */
  readonly historyIsShort?: boolean;
  readonly withinMs?: number;
}

/** What does not agree, once it has had time to settle; an empty list is the aim. */
export async function differences(
  traffic: Pick<Traffic, 'commands' | 'orders'>,
  comparing: Comparing,
): Promise<string[]> {
  const byOrder = Map.groupBy(traffic.commands, ({ actor }) => orderOf(actor));
  const giveUpAt = performance.now() + (comparing.withinMs ?? 20_000);
  let outside = ledger(comparing);

  async function settled(compare: () => Promise<string[]>): Promise<string[]> {
    for (;;) {
      const wrong = await compare().catch((error: unknown) => [String(error)]);
      if (wrong.length === 0 || performance.now() > giveUpAt) return wrong;
      outside = ledger(comparing);
    }
  }

  async function all<Result>(work: (order: string) => Promise<Result[]>): Promise<Result[]> {
    const waiting = [...traffic.orders];
    const results: Result[] = [];
    const worker = async (): Promise<void> => {
      for (let order = waiting.pop(); order !== undefined; order = waiting.pop())
        results.push(...(await work(order)));
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    return results;
  }

  const found = await all((order) =>
    settled(async () => {
      const deal = await dealOf(comparing, order);
      return [
        ...(await compareOrder(comparing, deal, byOrder.get(order) ?? [])),
        ...compareDeal(deal, await outside),
      ];
    }).then((problems) => problems.map((problem) => `${order}: ${problem}`)),
  );
  const inShop = await settled(async () => {
    const deals = await all(async (order) => [await dealOf(comparing, order)]);
    return [...compareNumbers(deals), ...(await compareShelves(comparing, deals))];
  });
  return [...found, ...inShop];
}

function ledger(comparing: Comparing): Promise<Ledger> {
  const reading = read<Ledger>(comparing, '/sandbox/ledger');
  // Whoever waits for it is told.
  reading.catch(() => undefined);
  return reading;
}

function orderOf(actor: string): string {
  return actor.replace(/^\w+\//, '').replace(/~f\d+$/, '');
}

async function dealOf(comparing: Comparing, order: string): Promise<Deal> {
  const of = async (plural: string): Promise<ActorView[]> =>
    (await read<{ items: ActorView[] }>(comparing, `/${plural}?orderId=${order}`)).items;
  return {
    order: await read<ActorView>(comparing, `/orders/${order}`),
    fulfillments: await of('fulfillments'),
    payments: await of('payments'),
    shipments: await of('shipments'),
  };
}

const charts: Readonly<Record<string, Chart>> = {
  orders: orderMachine.root,
  fulfillments: fulfillmentMachine.root,
  payments: paymentMachine.root,
  shipments: shipmentMachine.root,
};

async function compareOrder(
  comparing: Comparing,
  deal: Deal,
  commands: readonly Command[],
): Promise<string[]> {
  const { order, ...parts } = deal;
  const actors = Object.entries({ orders: [order], ...parts }).flatMap(([plural, views]) =>
    views.map((view) => ({
      actor: `${plural}/${view.id}`,
      view,
      chart: charts[plural] ?? orderMachine.root,
    })),
  );
  const found = [...compareParts(order, deal.fulfillments), ...strays(actors, commands)];
  for (const each of actors) {
    const own = commands.filter(({ actor }) => actor === each.actor);
    const entries = await history(comparing, each.actor);
    found.push(...compareActor({ ...each, commands: own, entries }, comparing));
  }
  return found;
}

/** Everything that was ever on a shelf, and each shelf's own history. */
async function compareShelves(comparing: Comparing, deals: readonly Deal[]): Promise<string[]> {
  const found: string[] = [];
  for (const { warehouse, sku } of shelves) {
    const actor = `stock-items/${warehouse}~${sku}`;
    const view = await read<ActorView>(comparing, `/${actor}`);
    const compared = { actor, view, chart: stockItemMachine.root, commands: [] };
    const entries = await history(comparing, actor);
    found.push(...compareStock(view, deals), ...compareActor({ ...compared, entries }, comparing));
  }
  return found;
}

async function read<Body>({ get }: Comparing, path: string): Promise<Body> {
  const response = await get(path);
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Body;
}

async function history(comparing: Comparing, actor: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | null = '0';
  while (cursor !== null) {
    const path = `/${actor}/history?limit=200&cursor=${cursor}`;
    const page: { items: Entry[]; next: string | null } = await read(comparing, path);
    entries.push(...page.items);
    cursor = page.next;
  }
  return entries;
}

/** Commands that were applied to an actor that is not there. */
function strays(actors: readonly { actor: string }[], commands: readonly Command[]): string[] {
  return commands
    .filter(({ actor }) => !actors.some((each) => each.actor === actor))
    .filter((command) => command.attempts.some(isApplied))
    .map(({ actor, name }) => `${actor}: ${name} was applied, and the actor is not there`);
}

interface Compared {
  readonly actor: string;
  readonly view: ActorView;
  readonly chart: Chart;
  readonly entries: readonly Entry[];
  readonly commands: readonly Command[];
}

function compareActor(compared: Compared, { historyIsShort = false }: Comparing): string[] {
  const problems = [
    ...compareVersions(compared, historyIsShort),
    ...compareStates(compared, historyIsShort),
    ...compared.commands.flatMap((command) => compareCommand(command, compared, historyIsShort)),
  ];
  return problems.map((problem) => `${compared.actor}: ${problem}`);
}

/** Versions without gaps, each once, up to the view's. */
function compareVersions({ view, entries }: Compared, historyIsShort: boolean): string[] {
  const versions = accepted(entries).map(({ version }) => version);
  const twice = versions.filter((version, at) => versions.indexOf(version) !== at);
  if (twice.length > 0) return [`versions ${twice.join(', ')} stand in the history more than once`];
  if (historyIsShort) return [];
  const expected = Array.from({ length: view.version }, (_, at) => at + 1);
  if (versions.toSorted((a, b) => a - b).join() === expected.join()) return [];
  return [`the view has version ${view.version}, the history ${versions.join(', ')}`];
}

/** Each state follows the one before, the last is the view's, and all are the chart's. */
function compareStates({ view, entries, chart }: Compared, historyIsShort: boolean): string[] {
  const after = new Map(accepted(entries).map(({ version, to }) => [version, pathsOf(to)]));
  const problems = entries.flatMap((entry) => {
    const { version, event, from, to, outcome } = entry;
    const before = after.get(outcome === 'accepted' ? version - 1 : version);
    const told = from === null ? undefined : pathsOf(from);
    const isGap = before === undefined && historyIsShort;
    return [
      ...(told === before || isGap ? [] : [`${event} at ${version} comes from ${told}, that was ${before}`]),
      ...(outcome === 'accepted' || told === pathsOf(to)
        ? []
        : [`the refused ${event} went to ${pathsOf(to)}`]),
      ...compareChart(entry, chart),
    ];
  });
  const last = after.get(view.version);
  if (last !== undefined && last !== view.states.toSorted().join())
    problems.push(`the view is in ${view.states.join()}, the history ends in ${last}`);
  return problems;
}

function compareChart({ event, from, to, outcome }: Entry, chart: Chart): string[] {
  const known = leavesOf(chart);
  const problems = leafPaths(to)
    .filter((path) => !known.includes(path))
    .map((path) => `${path} is no state of the chart`);
  if (outcome === 'accepted' && from !== null && !eventsAt(chart, from).includes(event))
    problems.push(`${event} was accepted in ${pathsOf(from)}, which does not know it`);
  return problems;
}

/** What was answered against what the history has of it: its subject sent nothing else. */
function compareCommand(command: Command, { view, entries }: Compared, historyIsShort: boolean): string[] {
  const { subject, name, attempts } = command;
  const own = entries.filter(({ principal }) => principal?.subject === subject);
  const [entry] = own;
  const problem =
    own.length > 1
      ? `stands ${own.length} times in the history`
      : (compareAnswers(attempts, view) ??
        (entry === undefined ? missing(attempts, historyIsShort) : compareEntry(command, entry)));
  return problem === undefined
    ? []
    : [`${name} by ${subject} ${problem}: ${JSON.stringify({ attempts, own })}`];
}

/** The answers by themselves. */
function compareAnswers(attempts: readonly Attempt[], view: ActorView): string | undefined {
  const applied = attempts.filter(isApplied);
  if (attempts.some((each) => 'status' in each && !isExpected(each)))
    return 'got an answer that nobody expects';
  if (applied.length > 0 && attempts.some(isRefused)) return 'was applied and refused';
  if (applied.some(({ version }) => version > view.version)) return `is not in version ${view.version}`;
  return undefined;
}

function missing(attempts: readonly Attempt[], historyIsShort: boolean): string | undefined {
  const mustBeThere = attempts.some((each) => isApplied(each) || isRefused(each) || isPromised(each));
  return mustBeThere && !historyIsShort ? 'is missing in the history' : undefined;
}

function compareEntry({ attempts, ownKey }: Command, { outcome, version }: Entry): string | undefined {
  const applied = attempts.filter(isApplied);
  if (applied.length > 0 && outcome !== 'accepted') return 'was answered as applied';
  if (attempts.some(isRefused) && outcome !== 'refused') return 'was answered as refused';
  if (attempts.every(isUntouched)) return 'was not to be done, as it was told';
  // Where no own key was given, the whole answer is not kept, and a repeat shows what there is by then.
  const exact = applied.filter(({ replayed }) => ownKey || !replayed);
  return exact.some((each) => each.version !== version) ? `is version ${version}` : undefined;
}

/** The order's account of its fulfillments is what they are. */
function compareParts(order: ActorView, fulfillments: readonly ActorView[]): string[] {
  const books = order.context['fulfillments'] as { id: string; state: string }[];
  const told = books.map(({ id, state }) => `${id} ${state}`).toSorted();
  const are = fulfillments.map((each) => `${each.id} ${accountState(each)}`).toSorted();
  const problems =
    told.join() === are.join() ? [] : [`the order tells ${told.join()}, they are ${are.join()}`];
  const lines = order.context['lines'] as Record<'shipped' | 'delivered' | 'cancelled' | 'lineId', number>[];
  for (const part of ['shipped', 'delivered'] as const) {
    const inOrder = lines.reduce((sum, line) => sum + line[part], 0);
    const inParts = fulfillments
      .flatMap(({ context }) => context['lines'] as Record<typeof part, number>[])
      .reduce((sum, line) => sum + line[part], 0);
    if (inOrder !== inParts) problems.push(`the order has ${inOrder} ${part}, its fulfillments ${inParts}`);
  }
  return problems.map((problem) => `orders/${order.id}: ${problem}`);
}

function accountState({ states }: ActorView): string {
  const progress = states.find((state) => state.startsWith('progress.')) ?? '';
  if (progress.endsWith('.delivered')) return 'delivered';
  if (progress.endsWith('.handedOver')) return 'handedOver';
  return progress.endsWith('.stopped') ? 'stopped' : 'open';
}

type Answered = Extract<Attempt, { status: number }>;

function isApplied(attempt: Attempt): attempt is Answered & { version: number } {
  return 'status' in attempt && (attempt.status === 200 || attempt.status === 201);
}

const refusals = ['illegal-transition', 'guard-refused', 'already-exists'];

function isRefused(attempt: Attempt): boolean {
  return 'status' in attempt && refusals.includes(attempt.problem ?? '');
}

function isPromised(attempt: Attempt): boolean {
  return 'status' in attempt && attempt.status === 202;
}

/** Told that nothing was done, or never sent. */
function isUntouched(attempt: Attempt): boolean {
  return 'status' in attempt ? attempt.status === 503 : !attempt.sent;
}

function isExpected(attempt: Answered): boolean {
  const others = ['in-progress', 'unknown-outcome'];
  if (attempt.status === 503) return attempt.retryAfter;
  return (
    isApplied(attempt) || isRefused(attempt) || isPromised(attempt) || others.includes(attempt.problem ?? '')
  );
}

function accepted(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ outcome }) => outcome === 'accepted');
}

function pathsOf(state: State): string {
  return leafPaths(state).toSorted().join();
}

type Chart = Pick<StateNode, 'path' | 'ownEvents'> & { readonly states: Readonly<Record<string, Chart>> };

function leavesOf(node: Chart): string[] {
  const states = Object.values(node.states);
  return states.length === 0 ? [node.path.join('.')] : states.flatMap(leavesOf);
}

/** The events of the active states and of those around them. */
function eventsAt(node: Chart, state: State): string[] {
  const active = typeof state === 'string' ? { [state]: {} } : state;
  return [
    ...node.ownEvents,
    ...Object.entries(active).flatMap(([name, inner]) => {
      const child = node.states[name];
      return child === undefined ? [] : eventsAt(child, inner ?? {});
    }),
  ];
}
