/** What a run is asked for on the command line. */
import { parseArgs } from 'node:util';
import { faultKinds, type FaultKind } from './faults.ts';

export interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly nodes: number;
  readonly faults: readonly FaultKind[];
}

export const usage = `npm run chaos -- [--seed <n>] [--minutes <n>] [--nodes <n>] [--faults <kind,kind…>]

  --seed     a whole number: chooses faults and commands (default: a random one, printed)
  --minutes  how long faults go on, 0 to 1440; each kind happens once all the same (default: 2)
  --nodes    processes, 1 to 8 (default: 2)
  --faults   kinds, or what they begin with (default: all):
             ${faultKinds.join(', ')}
`;

/** The options, or what is wrong with them in plain words. */
export function readOptions(args: readonly string[]): Options | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
        minutes: { type: 'string', default: '2' },
        nodes: { type: 'string', default: '2' },
        faults: { type: 'string', default: faultKinds.join() },
      },
    });
    return {
      seed: wholeNumber('seed', values.seed, [0, 1_000_000_000]),
      minutes: number('minutes', values.minutes, [0, 1_440]),
      nodes: wholeNumber('nodes', values.nodes, [1, 8]),
      faults: kindsOf(values.faults),
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function number(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= least && value <= most))
    throw new Error(`--${name} must be a number from ${least} to ${most}`);
  return value;
}

function wholeNumber(name: string, text: string, range: readonly [number, number]): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number`);
  return number(name, text, range);
}

/** `kill` stands for all kinds that begin with it. */
function kindsOf(text: string): FaultKind[] {
  const chosen = text.split(',').flatMap((name) => {
    const kinds = faultKinds.filter((kind) => kind === name || kind.startsWith(`${name}-`));
    if (kinds.length === 0) throw new Error(`--faults: there is no kind ${JSON.stringify(name)}`);
    return kinds;
  });
  return [...new Set(chosen)];
}
