/** Lines of a report. */
import type { Cpu } from './cpu.ts';

export const say = (line: string): void => void process.stdout.write(`${line}\n`);
export const fixed = (value: number, digits = 0): string =>
  value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });

export const cpuLine = (cpu: Cpu): string =>
  Object.entries(cpu)
    .map(([name, us]) => `${name} ${fixed(us)}`)
    .join(', ');
