/** What `npm run simulate` understands. */
import { parseArgs } from 'node:util';
import { callFaults, faultKinds, plannedFaults, type FaultKind } from './faults.ts';
import { rules, type Rule } from './rules.ts';
import type { WorkloadName } from './workloads.ts';

export const usage = `npm run simulate -- [options]

  --seeds N         so many seeds (1000), on all cores
  --from N          the first of them (1)
  --report          writes reports/simulation.json, for the proof page

  --seed N          this one only
  --trace           everything that happens in it
  --shrink          made smaller, if it fails
  --skip 3,5-9      without these steps of its plan

  --faults A,B      only these faults; none: no faults at all
  --workload NAME   the cell chart (anything), the whole domain (shop), or all charts at random (registered)
  --without RULE    with a rule taken out of the source: is it found?
  --help            this

Faults: ${Object.entries({ ...callFaults, ...plannedFaults })
  .map(([kind, meaning]) => `\n  ${kind.padEnd(17)} ${meaning}`)
  .join('')}

Rules: ${rules.map(({ name, rule, without }) => `\n  ${name.padEnd(22)} ${rule}: ${without}`).join('')}
`;

export class UsageError extends Error {}

export interface Common {
  readonly faults: readonly FaultKind[] | undefined;
  readonly workload: WorkloadName | undefined;
  readonly without: Rule | undefined;
}

export interface ManySeeds extends Common {
  readonly seeds: number;
  readonly from: number;
  readonly report: boolean;
}

export interface OneSeed extends Common {
  readonly seed: number;
  readonly trace: boolean;
  readonly shrink: boolean;
  readonly skip: ReadonlySet<number>;
}

/** Throws `UsageError`. */
export function optionsOf(args: string[]): 'help' | { many: ManySeeds } | { one: OneSeed } {
  const values = parse(args);
  if (values.help === true) return 'help';
  const { seed, trace = false, shrink = false, skip, seeds, from, report = false } = values;
  const common = {
    faults: faultsOf(values.faults),
    workload: workloadOf(values.workload),
    without: ruleOf(values.without),
  };
  if (seed === undefined) {
    refuse({ trace, shrink, skip }, 'needs --seed');
    const many = { seeds: natural('seeds', seeds ?? '1000', 1), from: natural('from', from ?? '1'), report };
    return { many: { ...common, ...many } };
  }
  refuse({ seeds, from, report }, 'does not go with --seed');
  return { one: { ...common, seed: natural('seed', seed), trace, shrink, skip: skipOf(skip) } };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        ...{ seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
        ...{ faults: { type: 'string' }, skip: { type: 'string' }, without: { type: 'string' } },
        ...{ workload: { type: 'string' } },
        ...{ trace: { type: 'boolean' }, shrink: { type: 'boolean' } },
        ...{ report: { type: 'boolean' }, help: { type: 'boolean' } },
      },
    } as const).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function refuse(options: Readonly<Record<string, unknown>>, why: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && value !== false) throw new UsageError(`--${name} ${why}`);
  }
}

/** Seeds are 32 bits. */
const most = 2 ** 32 - 1;

function natural(name: string, text: string, least = 0): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most))
    throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not ${text}`);
  return value;
}

function faultsOf(text: string | undefined): readonly FaultKind[] | undefined {
  if (text === undefined) return undefined;
  return text === 'none' ? [] : text.split(',').map((kind) => known(faultKinds, 'fault', kind));
}

function workloadOf(text: string | undefined): WorkloadName | undefined {
  if (text === undefined) return undefined;
  return known<WorkloadName>(['anything', 'shop', 'registered'], 'workload', text);
}

function known<Name extends string>(names: readonly Name[], what: string, given: string): Name {
  const found = names.find((name) => name === given);
  if (found === undefined) throw new UsageError(`there is no ${what} named ${given}`);
  return found;
}

function ruleOf(name: string | undefined): Rule | undefined {
  if (name === undefined) return undefined;
  const found = rules.find((rule) => rule.name === name);
  if (found === undefined) throw new UsageError(`there is no rule named ${name}`);
  return found;
}

/** No plan has more steps. */
const stepsMost = 10_000;

/** `3,5-7` → 3, 5, 6, 7 */
function skipOf(text: string | undefined): ReadonlySet<number> {
  const ranges = text?.split(',').map((part) => {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (!(from <= to && to <= stepsMost)) throw new UsageError(`--skip takes steps as in 3,5-9, not ${part}`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return new Set(ranges?.flat());
}

/** The options again, to be pasted behind `npm run simulate -- --seed …`. */
export function optionsText({
  faults,
  workload,
  without,
  skip,
}: Partial<Common> & { skip?: Iterable<number> }): string {
  const skipped = ranges(skip ?? []);
  return [
    ...(faults === undefined ? [] : [`--faults ${faults.length === 0 ? 'none' : faults.join(',')}`]),
    ...(skipped === '' ? [] : [`--skip ${skipped}`]),
    ...(workload === undefined ? [] : [`--workload ${workload}`]),
    ...(without === undefined ? [] : [`--without ${without.name}`]),
  ].join(' ');
}

/** 3, 5, 6, 7 → `3,5-7` */
function ranges(numbers: Iterable<number>): string {
  const parts: [number, number][] = [];
  for (const number of [...numbers].sort((one, other) => one - other)) {
    const last = parts.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
