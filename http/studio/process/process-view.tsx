/** The process as it runs: who is in which state, for how long, and where people try what cannot be. */
import { useMemo } from 'react';
import { getJson, type FiguresJson, type Machine } from '../api.ts';
import { Diagram, type Note } from '../diagram.tsx';
import { goTo, type Place } from '../place.ts';
import { useResource } from '../use-resource.ts';
import { count, duration, titled } from '../words.ts';
import { ActorsIn } from './actors-in.tsx';
import { StateTable } from './state-table.tsx';
import { useFigures } from './use-figures.ts';

export function ProcessView({ at }: { readonly at: Place }) {
  const { machine: kind } = at;
  const { value, problem } = useResource(`machine ${kind}`, (signal) =>
    getJson<Machine>(`/machines/${kind}`, { signal }),
  );
  if (value !== undefined) return <Process machine={value} chosen={at.state} />;
  return problem === undefined ? <p className="quiet">Loading…</p> : <p role="alert">{problem.detail}</p>;
}

function Process({ machine, chosen }: { readonly machine: Machine; readonly chosen: string | undefined }) {
  const { kind, description, type } = machine;
  const { figures, problem } = useFigures(kind);
  const notes = useMemo(() => (figures === undefined ? undefined : notesOf(figures)), [figures]);
  const choose = (state: string): void => goTo({ view: 'process', machine: kind, state });
  return (
    <>
      <h1>{titled(kind)}</h1>
      <p className="lead">{description}</p>
      {problem !== undefined && <p className="hint">{problem.detail}</p>}
      {figures !== undefined && <Summary figures={figures} isParallel={type === 'parallel'} />}
      <div className="process">
        <Diagram
          machine={kind}
          label={`The chart of ${titled(kind)}`}
          {...(notes === undefined ? {} : { notes })}
          chosen={chosen}
          onChoose={choose}
        />
        {chosen !== undefined && <ActorsIn machine={machine} state={chosen} figures={figures} />}
      </div>
      <StateTable machine={machine} figures={figures} onChoose={choose} />
    </>
  );
}

interface SummaryProps {
  readonly figures: FiguresJson;
  /** Then everybody is in all of the outermost states, and else in one of them. */
  readonly isParallel: boolean;
}

function Summary({ figures: { states, refused, ready }, isParallel }: SummaryProps) {
  const top = Object.entries(states).flatMap(([path, each]) => (path.includes('.') ? [] : [each.count]));
  const all = isParallel ? Math.max(0, ...top) : top.reduce((sum, each) => sum + each, 0);
  const over = Object.values(states).reduce((most, each) => Math.max(most, each.over), 0);
  const refusals = refused.reduce((sum, { people, systems }) => sum + people + systems, 0);
  return (
    <ul className="summary" aria-live="polite">
      <li>
        <strong>{count(all)}</strong> in all
      </li>
      <li className={over > 0 ? 'alarming' : ''}>
        <strong>{count(over)}</strong> longer in a state than meant
      </li>
      <li>
        <strong>{count(refusals)}</strong> refused since somebody began to look
      </li>
      {!ready && <li>still counting what is stored…</li>}
      {ready && all === 0 && (
        <li className="quiet">
          Nobody is here yet. <code>npm run simulate-shop</code> keeps a shop busy, to try this page.
        </li>
      )}
    </ul>
  );
}

/** Numbers first: colour and pattern only repeat them. */
function notesOf({ states, refused }: FiguresJson): ReadonlyMap<string, Note> {
  return new Map(
    Object.entries(states).map(([path, { count: there, over, oldestMs }]) => {
      const refusals = refused
        .filter(({ state }) => state === path)
        .reduce((sum, { people, systems }) => sum + people + systems, 0);
      const parts = [
        ...(there > 0 ? [count(there)] : []),
        ...(there > 0 && oldestMs !== null ? [`longest ${duration(oldestMs)}`] : []),
        ...(over > 0 ? [`⚠ ${count(over)} late`] : []),
        ...(refusals > 0 ? [`✕ ${count(refusals)}`] : []),
      ];
      return [path, { text: parts.join(' · '), isAlarming: over > 0 }];
    }),
  );
}
