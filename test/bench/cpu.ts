/** What processes cost, which says more than requests per second where other work disturbs. Linux only. */
import { readFileSync } from 'node:fs';

/** Process ids by name. */
export type Processes = Readonly<Record<string, number>>;

/** µs by name, and of this process as `client`. */
export type Cpu = Readonly<Record<string, number>>;

/** The kernel counts in steps of 10 ms. */
const stepUs = 10_000;

/** Begins to count; the answer tells how much it was since. */
export function watchCpu(processes: Processes): () => Cpu {
  const before = used(processes);
  const own = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(own);
    const after = used(processes);
    const spent = Object.keys(processes).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]);
    return { ...(Object.fromEntries(spent) as Cpu), client: user + system };
  };
}

function used(processes: Processes): Cpu {
  return Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, usedBy(pid)]));
}

/** Fields 14 and 15 of /proc/<pid>/stat, counted from behind the program's name, which may contain anything. */
function usedBy(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * stepUs;
}
