/**
 * A process to be killed: writes into the file given as fast as it can and prints a line for each promise
 * that has settled, at once (a pipe is written synchronously).
 */
import { writeSync } from 'node:fs';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { emptyCommit, entry } from './sqlite-support.ts';

const [, , file = ''] = process.argv;
const clock = { now: () => Date.now(), after: () => () => undefined };
const { mailbox, journal, store } = await openSqlite({ file, clock });

async function appendForEver(caller: number): Promise<never> {
  for (let n = 0; ; n++) {
    const id = `${caller}-${n}`;
    await mailbox.append(entry(id, { partition: caller % 4, body: JSON.stringify('m'.repeat(n % 2_000)) }));
    writeSync(1, `mailbox ${id}\n`);
    await journal.append({ to: { kind: 'order', id: String(caller) }, id, body: id });
    writeSync(1, `journal ${id}\n`);
  }
}

async function commitForEver(partition: number): Promise<never> {
  const lease = { partition, token: `token-${partition}` };
  const order = { kind: 'order', id: `from ${partition}` };
  await store.acquire(lease, 3_600_000);
  for (let commits = 0; ; commits++) {
    const number = commits + 1;
    const record = { key: `order/p${partition}n${number}`, body: String(number), createdAt: number };
    await store.commit(lease, commits, {
      ...emptyCommit,
      highWater: number,
      position: { sequence: number, time: number, id: String(number) },
      records: [{ ...record, addTerms: [`partition=${partition}`], dropTerms: [] }],
      addOutbox: [{ channel: 5, number, body: String(number), to: order, id: `${partition}-${number}` }],
      publications: [
        { log: 'journal', to: order, id: `commit ${partition}-${number}`, body: String(number) },
        { log: 'dead', to: order, id: `dead ${partition}-${number}`, body: String(number) },
      ],
    });
    writeSync(1, `commit ${partition} ${number}\n`);
  }
}

await Promise.all([
  ...Array.from({ length: 16 }, (_, caller) => appendForEver(caller)),
  ...Array.from({ length: 4 }, (_, partition) => commitForEver(partition)),
]);
