/** Dead letters by their cause, each with what can be done about all of them. */
import { useState } from 'react';
import { request, type LetterGroup } from '../api.ts';
import { goTo } from '../place.ts';
import { Table } from '../table.tsx';
import { count, time, titled } from '../words.ts';
import { Decide, type Decision } from './decide.tsx';

interface Props {
  readonly groups: readonly LetterGroup[];
  readonly chosen: string | undefined;
  readonly onSettled: () => void;
}

export function Groups({ groups, chosen, onSettled }: Props) {
  const [told, setTold] = useState('');
  const group = groups.find(({ cause }) => cause === chosen);

  async function settleAll(of: LetterGroup, { how, reason }: Decision): Promise<void> {
    const { cause, kind, event } = of;
    const body = { reason, filter: { cause, kind, event }, limit: mostAtOnce };
    const answer = await request(`/dead-letters/${how}`, { method: 'POST', body });
    setTold(bulkWords((await answer.json()) as Settled));
    onSettled();
  }

  return (
    <>
      <Table label="Causes">
        <thead>
          <tr>
            <th scope="col">Cause</th>
            <th scope="col">For</th>
            <th scope="col">Event</th>
            <th scope="col" className="number">
              Letters
            </th>
            <th scope="col">Oldest</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ cause, kind, event, count: letters, oldest }) => (
            <tr key={`${cause} ${kind} ${event ?? ''}`} aria-selected={cause === chosen}>
              <th scope="row">
                <button type="button" className="plain" onClick={() => goTo({ ...here, cause })}>
                  {cause}
                </button>
              </th>
              <td>{titled(kind)}</td>
              <td>{event ?? 'unreadable'}</td>
              <td className="number">{count(letters)}</td>
              <td>{time(oldest)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p role="status">{told}</p>
      {group !== undefined && (
        <details className="panel">
          <summary>Decide about all {count(group.count)} with this cause</summary>
          <Decide
            canRedrive={group.event !== null}
            many={group.count}
            onDecide={(decision) => settleAll(group, decision)}
          />
        </details>
      )}
    </>
  );
}

const here = { view: 'trouble', machine: '' } as const;

/** What one call settles. */
const mostAtOnce = 500;

interface Settled {
  readonly settled: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly failed: readonly { readonly id: string; readonly detail: string }[];
  readonly left: number;
}

function bulkWords({ settled, ends, failed, left }: Settled): string {
  const parts = [
    `${count(settled)} settled`,
    ...Object.entries(ends).map(([end, number]) => `${count(number)} ${endWords[end] ?? end}`),
    ...(failed.length > 0 ? [`${count(failed.length)} could not be: ${failed[0]?.detail ?? ''}`] : []),
    ...(left > 0 ? [`${count(left)} are left`] : []),
  ];
  return `${parts.join('; ')}.`;
}

const endWords: Readonly<Record<string, string>> = {
  accepted: 'done',
  refused: 'refused by now',
  outlived: 'no longer waited for',
  dead: 'failed again',
};
