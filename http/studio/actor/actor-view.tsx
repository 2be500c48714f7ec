/** One actor: where it is and was, what happened, what comes next, and what can be done. */
import { useEffect, useMemo } from 'react';
import {
  actorPath,
  getHistory,
  getJson,
  type HistoryItem,
  type Machine,
  type MachineItem,
  type View,
} from '../api.ts';
import { pathsIn, stateWords } from '../chart.ts';
import { Diagram } from '../diagram.tsx';
import { listen } from '../live.ts';
import { goTo, moveTo, type Place } from '../place.ts';
import { useResource } from '../use-resource.ts';
import { time, titled } from '../words.ts';
import { Commands } from './commands.tsx';
import { Contents } from './contents.tsx';
import { Differences } from './differences.tsx';
import { namesIn, Offered } from './names.ts';
import { Partners } from './partners.tsx';
import { Search } from './search.tsx';
import { Timers } from './timers.tsx';
import { WhatIf } from './what-if.tsx';

interface Props {
  readonly at: Place;
  readonly machines: readonly MachineItem[];
}

export function ActorView({ at: here, machines }: Props) {
  const { machine: kind, actor } = here;
  const machine = useResource(`machine ${kind}`, (signal) =>
    getJson<Machine>(`/machines/${kind}`, { signal }),
  );
  return (
    <>
      <h1>{actor === undefined ? titled(kind) : `${titled(kind)} ${actor}`}</h1>
      {machine.value === undefined && machine.problem !== undefined && (
        <p role="alert">{machine.problem.detail}</p>
      )}
      {machine.value !== undefined && (
        <Search key={kind} machine={machine.value} isFirst={actor === undefined} />
      )}
      {machine.value !== undefined && actor !== undefined && (
        <Actor key={`${kind}/${actor}`} machine={machine.value} machines={machines} id={actor} here={here} />
      )}
    </>
  );
}

interface ActorProps {
  readonly machine: Machine;
  readonly machines: readonly MachineItem[];
  readonly id: string;
  readonly here: Place;
}

function Actor({ machine, machines, id, here }: ActorProps) {
  const path = actorPath(machine, id);
  const view = useResource(`view ${path}`, (signal) => getJson<View>(path, { signal }));
  const history = useResource(`history ${path}`, (signal) => getHistory(path, signal));
  const { reload: reloadView } = view;
  const { reload: reloadHistory } = history;

  useEffect(
    () =>
      listen(`${path}/events`, () => {
        reloadView();
        reloadHistory();
      }),
    [path, reloadView, reloadHistory],
  );

  if (view.value !== undefined) {
    return (
      <>
        <Misplaced at={here.at} items={history.value} />
        <Shown
          {...{ machine, machines, path, here }}
          view={view.value}
          items={history.value ?? []}
          onSent={reloadView}
        />
      </>
    );
  }
  return view.problem === undefined ? (
    <p className="quiet">Loading…</p>
  ) : (
    <p role="alert">{view.problem.detail}</p>
  );
}

interface ShownProps {
  readonly machine: Machine;
  readonly machines: readonly MachineItem[];
  readonly view: View;
  readonly items: readonly HistoryItem[];
  readonly path: string;
  readonly here: Place;
  readonly onSent: () => void;
}

/** As it is now, or as it was at the moment that was chosen. */
function Shown({ machine, machines, view, items, path, here, onSent }: ShownProps) {
  const chosen = items.find(({ sequence }) => String(sequence) === here.at);
  const context = chosen === undefined ? view.context : chosen.after;
  const names = useMemo(() => namesIn(view.context, machines), [view, machines]);
  return (
    <div className="actor">
      <Journey machine={machine} view={view} items={items} chosen={chosen} here={here} />
      <Contents machine={machine} machines={machines} context={context} />
      <div className="columns">
        <section className="panel" aria-labelledby="now">
          <h2 id="now">{chosen === undefined ? 'Now' : `As it was on ${time(chosen.time)}`}</h2>
          <p className="states">{stateWords(chosen === undefined ? view.state : chosen.to)}</p>
          {chosen === undefined && <Timers timers={view.timers} />}
          <Partners items={items} names={names} machines={machines} view={view} />
        </section>
        <Offered value={names}>
          {chosen === undefined ? (
            <Commands machine={machine} view={view} path={path} onSent={onSent} />
          ) : (
            <Differences items={items} chosen={chosen} />
          )}
          <WhatIf
            key={chosen?.sequence ?? 'now'}
            machine={machine}
            view={view}
            path={path}
            at={chosen?.sequence}
          />
        </Offered>
        <HistoryList items={items} chosen={chosen} here={here} />
      </div>
    </div>
  );
}

interface MisplacedProps {
  readonly at: string | undefined;
  /** Undefined while they are loaded. */
  readonly items: readonly HistoryItem[] | undefined;
}

/** Of an address that is not right, or no more. */
function Misplaced({ at, items }: MisplacedProps) {
  if (at === undefined || items === undefined) return null;
  if (items.some(({ sequence }) => String(sequence) === at)) return null;
  return (
    <p className="hint" role="status">
      Its history has no entry {at}; this is how it is now.
    </p>
  );
}

interface JourneyProps {
  readonly machine: Machine;
  readonly view: View;
  readonly items: readonly HistoryItem[];
  readonly chosen: HistoryItem | undefined;
  readonly here: Place;
}

/** Its way on the picture, and the slider through time. */
function Journey({ machine, view, items, chosen, here }: JourneyProps) {
  const value = chosen === undefined ? view.state : chosen.to;
  const present = useMemo(() => new Set(pathsIn(value)), [value]);
  const visited = useMemo(() => {
    const until = chosen === undefined ? items : items.filter(({ sequence }) => sequence <= chosen.sequence);
    return new Set(until.flatMap(({ to }) => pathsIn(to)));
  }, [items, chosen]);
  const index = chosen === undefined ? items.length : items.indexOf(chosen);
  return (
    <section aria-label="Its way through the chart">
      <div className="scrubber">
        <label htmlFor="at">Through its history</label>
        <input
          id="at"
          type="range"
          min={0}
          max={items.length}
          value={index}
          aria-valuetext={chosen === undefined ? 'now' : `${chosen.event}, ${time(chosen.time)}`}
          onChange={({ target }) => moveTo(placeAt(here, items[Number(target.value)]))}
        />
        <span>{chosen === undefined ? 'now' : `${index + 1} of ${items.length}: ${chosen.event}`}</span>
        {chosen !== undefined && (
          <button type="button" onClick={() => goTo(placeAt(here, undefined))}>
            Back to now
          </button>
        )}
      </div>
      <Diagram
        machine={machine.kind}
        label={`Where ${here.actor ?? ''} is`}
        present={present}
        visited={visited}
        focus={[...present].find((path) => path.includes('.')) ?? [...present][0]}
        onChoose={(state) => goTo({ view: 'process', machine: machine.kind, state })}
      />
    </section>
  );
}

function placeAt(here: Place, item: HistoryItem | undefined): Place {
  const { at: _at, ...rest } = here;
  return item === undefined ? rest : { ...rest, at: String(item.sequence) };
}

interface HistoryProps {
  readonly items: readonly HistoryItem[];
  readonly chosen: HistoryItem | undefined;
  readonly here: Place;
}

function HistoryList({ items, chosen, here }: HistoryProps) {
  return (
    <section className="panel history" aria-labelledby="history">
      <h2 id="history">What happened</h2>
      <ol reversed>
        {items.toReversed().map((item) => (
          <li
            key={item.sequence}
            className={item.outcome}
            aria-current={item === chosen ? 'step' : undefined}
          >
            <button type="button" className="plain" onClick={() => goTo(placeAt(here, item))}>
              {item.event}
            </button>{' '}
            {item.outcome === 'refused' ? `✕ refused: ${reasonOf(item)}` : `→ ${stateWords(item.to)}`}
            <small>
              {time(item.time)}, {whoOf(item)}
            </small>
          </li>
        ))}
      </ol>
    </section>
  );
}

function reasonOf({ reason = '', guards = [] }: HistoryItem): string {
  const words: Readonly<Record<string, string>> = {
    unhandled: 'not in this state',
    guard: `a condition is not met (${guards.join(', ')})`,
    forbidden: 'not for this role',
    stale: 'somebody else was faster',
    invalid: 'the data do not fit',
    exists: 'it is there already',
  };
  return words[reason] ?? reason;
}

function whoOf({ principal, source }: HistoryItem): string {
  if (principal !== null) return `by ${principal.subject ?? principal.roles.join(', ')}`;
  if (source.actor !== undefined) return `from ${source.actor}`;
  return source.from === 'timer' ? 'its time had come' : 'an activity had ended';
}
