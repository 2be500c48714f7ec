/** The same as the picture, as a table: for screen readers, keyboards, and whoever likes tables better. */
import type { ChartState, FiguresJson, Machine } from '../api.ts';
import { transitionsOf } from '../../chart.ts';
import { statesOf } from '../chart.ts';
import { Table } from '../table.tsx';
import { count, duration } from '../words.ts';

interface Props {
  readonly machine: Machine;
  readonly figures: FiguresJson | undefined;
  readonly onChoose: (state: string) => void;
}

export function StateTable({ machine, figures, onChoose }: Props) {
  return (
    <details className="twin" open>
      <summary>All states as a table</summary>
      <Table label="All states">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Meaning</th>
            <th scope="col" className="number">
              Here now
            </th>
            <th scope="col" className="number">
              Longest
            </th>
            <th scope="col" className="number">
              Half / 95 %
            </th>
            <th scope="col" className="number">
              Meant at most
            </th>
            <th scope="col">What leads on, and where to</th>
          </tr>
        </thead>
        <tbody>
          {statesOf(machine).map((state) => (
            <Row key={state.id} state={state} there={figures?.states[state.id]} onChoose={onChoose} />
          ))}
        </tbody>
      </Table>
    </details>
  );
}

interface RowProps {
  readonly state: ChartState;
  readonly there: FiguresJson['states'][string] | undefined;
  readonly onChoose: (state: string) => void;
}

function Row({ state, there, onChoose }: RowProps) {
  const depth = state.id.split('.').length - 1;
  const isLate = there !== undefined && there.over > 0;
  return (
    <tr className={isLate ? 'alarming' : ''}>
      <th scope="row" style={{ paddingInlineStart: `${0.5 + 0.9 * depth}rem` }}>
        <button type="button" className="plain" onClick={() => onChoose(state.id)}>
          {state.key}
        </button>
      </th>
      <td>{state.description}</td>
      {there === undefined ? <td colSpan={4} /> : <Numbers of={there} isLate={isLate} />}
      <td>
        <Ways of={state} />
      </td>
    </tr>
  );
}

function Numbers({ of, isLate }: { readonly of: FiguresJson['states'][string]; readonly isLate: boolean }) {
  return (
    <>
      <td className="number">{count(of.count)}</td>
      <td className="number">{msText(of.oldestMs)}</td>
      <td className="number">{of.p50Ms === null ? '' : `${msText(of.p50Ms)} / ${msText(of.p95Ms)}`}</td>
      <td className="number">
        {msText(of.targetMs)}
        {isLate && ` ⚠ ${count(of.over)} late`}
      </td>
    </>
  );
}

function msText(ms: number | null): string {
  return ms === null ? '' : duration(ms);
}

function Ways({ of }: { readonly of: ChartState }) {
  const ways = transitionsOf(of).filter(({ target }) => target.length > 0);
  return (
    <ul>
      {ways.map(({ event, guard, target }, index) => (
        <li key={index}>
          {event}
          {guard === undefined ? '' : ` [${guard}]`} → {target.join(', ')}
        </li>
      ))}
    </ul>
  );
}
