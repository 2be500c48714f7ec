/** Who is longer in a state than its definition means it to be, over all kinds. */
import { useEffect } from 'react';
import { ApiError, getJson, type FiguresJson, type MachineItem } from '../api.ts';
import { goTo, linkTo } from '../place.ts';
import { ActorLink } from '../process/actors-in.tsx';
import { Table } from '../table.tsx';
import { useResource } from '../use-resource.ts';
import { count, duration, titled } from '../words.ts';

const againMs = 5_000;

export function Stuck({ machines }: { readonly machines: readonly MachineItem[] }) {
  const kinds = machines.map(({ kind }) => kind);
  const { value, problem, reload } = useResource(
    kinds.length === 0 ? '' : `stuck ${kinds.join()}`,
    (signal) => Promise.all(kinds.map((kind) => figuresOf(kind, signal))),
  );
  useEffect(() => {
    const timer = setInterval(reload, againMs);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <section aria-labelledby="stuck">
      <h2 id="stuck">Longer in a state than meant</h2>
      {problem !== undefined && value === undefined && <p className="hint">{problem.detail}</p>}
      {value !== undefined && <Seen kinds={kinds} figures={value.filter((each) => each !== undefined)} />}
    </section>
  );
}

interface SeenProps {
  readonly kinds: readonly string[];
  readonly figures: readonly FiguresJson[];
}

/** What one may not see is not nothing. */
function Seen({ kinds, figures }: SeenProps) {
  const hidden = kinds.filter((kind) => !figures.some((each) => each.kind === kind));
  const rows = figures.flatMap(late);
  return (
    <>
      {figures.length > 0 && rows.length === 0 && (
        <p className="fine">✓ Nobody{hidden.length > 0 && ' of those that you may see'}.</p>
      )}
      {hidden.length > 0 && (
        <p className="hint">Your role may not see who is late of: {hidden.map(titled).join(', ')}.</p>
      )}
      {rows.length > 0 && <LateTable rows={rows} />}
    </>
  );
}

function LateTable({ rows }: { readonly rows: readonly Late[] }) {
  return (
    <Table label="Who is late">
      <thead>
        <tr>
          <th scope="col">Kind</th>
          <th scope="col">State</th>
          <th scope="col" className="number">
            Late
          </th>
          <th scope="col">Meant at most</th>
          <th scope="col">Longest</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={`${row.kind} ${row.state}`} {...row} />
        ))}
      </tbody>
    </Table>
  );
}

interface Late {
  readonly kind: string;
  readonly state: string;
  readonly figures: FiguresJson['states'][string];
}

function Row({ kind, state, figures: { over, targetMs, oldestMs, oldestId } }: Late) {
  const to = { view: 'process', machine: kind, state } as const;
  return (
    <tr className="alarming">
      <td>{titled(kind)}</td>
      <th scope="row">
        <a
          href={linkTo(to)}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            goTo(to);
          }}
        >
          {state}
        </a>
      </th>
      <td className="number">{count(over)}</td>
      <td>{targetMs === null ? '' : duration(targetMs)}</td>
      <td>
        {oldestMs === null ? '' : duration(oldestMs)}{' '}
        {oldestId !== null && <ActorLink kind={kind} id={oldestId} />}
      </td>
    </tr>
  );
}

/** The latest first. */
function late({ kind, states }: FiguresJson): Late[] {
  return Object.entries(states)
    .filter(([, { over }]) => over > 0)
    .map(([state, figures]) => ({ kind, state, figures }))
    .sort((one, other) => (other.figures.oldestMs ?? 0) - (one.figures.oldestMs ?? 0));
}

/** Undefined for a kind whose figures are not for this role. */
async function figuresOf(kind: string, signal: AbortSignal): Promise<FiguresJson | undefined> {
  try {
    return await getJson<FiguresJson>(`/machines/${kind}/figures`, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 403) return undefined;
    throw error;
  }
}
