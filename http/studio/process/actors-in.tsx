/** Who is in the state that was chosen, and what the state is about. */
import { getJson, type FiguresJson, type Machine, type Page, type View } from '../api.ts';
import { statesOf } from '../chart.ts';
import { goTo, linkTo } from '../place.ts';
import { useResource } from '../use-resource.ts';
import { count, duration, time, titled } from '../words.ts';

interface Props {
  readonly machine: Machine;
  readonly state: string;
  readonly figures: FiguresJson | undefined;
}

type StateFigures = FiguresJson['states'][string];

const shown = 20;

export function ActorsIn({ machine, state, figures }: Props) {
  const about = statesOf(machine).find(({ id }) => id === state);
  const there = figures?.states[state];
  const path = `/${machine.plural}?state=${encodeURIComponent(state)}&limit=${shown}`;
  const list = useResource(`${path} ${there?.count ?? ''}`, (signal) =>
    getJson<Page<View>>(path, { signal }),
  );
  if (about === undefined) {
    return (
      <aside className="panel" role="status">
        {titled(machine.kind)} has no state {state}.
      </aside>
    );
  }
  return (
    <aside className="panel" aria-label={`State ${state}`}>
      <h2>{state}</h2>
      <p>{about.description}</p>
      {there !== undefined && <Dwell of={there} />}
      {figures !== undefined && <Refusals of={figures} state={state} />}
      <h3>Newest</h3>
      {list.value?.items.length === 0 && <p className="quiet">Nobody is here.</p>}
      <ul className="actors">
        {list.value?.items.map(({ id, updatedAt }) => (
          <li key={id}>
            <ActorLink kind={machine.kind} id={id} /> <small>{time(updatedAt)}</small>
          </li>
        ))}
      </ul>
    </aside>
  );
}

function Dwell({
  of: { count: there, oldestMs, targetMs, over, p50Ms, p95Ms },
}: {
  readonly of: StateFigures;
}) {
  return (
    <dl>
      <dt>Here now</dt>
      <dd>{count(there)}</dd>
      <dt>The first came</dt>
      <dd>{oldestMs === null ? '–' : `${duration(oldestMs)} ago`}</dd>
      <dt>Meant at most</dt>
      <dd>{targetMs === null ? 'no target' : duration(targetMs)}</dd>
      <dt>Later than that</dt>
      <dd>{count(over)}</dd>
      <dt>Stayed, half</dt>
      <dd>{p50Ms === null ? 'nobody has left yet' : `up to ${duration(p50Ms)}`}</dd>
      <dt>95 %</dt>
      <dd>{p95Ms === null ? '–' : `up to ${duration(p95Ms)}`}</dd>
    </dl>
  );
}

function Refusals({ of: { refused }, state }: { readonly of: FiguresJson; readonly state: string }) {
  const here = refused.filter((each) => each.state === state);
  if (here.length === 0) return null;
  return (
    <>
      <h3>Tried here, and refused</h3>
      <ul>
        {here.map(({ event, reason, people, systems }) => (
          <li key={`${event} ${reason}`}>
            {event}: {count(people)} by people, {count(systems)} by systems ({reason})
          </li>
        ))}
      </ul>
    </>
  );
}

export function ActorLink({ kind, id }: { readonly kind: string; readonly id: string }) {
  const to = { view: 'actor', machine: kind, actor: id } as const;
  return (
    <a
      href={linkTo(to)}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        goTo(to);
      }}
    >
      {id}
    </a>
  );
}
