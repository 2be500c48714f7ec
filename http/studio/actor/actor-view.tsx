/** One actor: where it is and was, what happened, what comes next, and what can be done. */
import { useEffect, useMemo, useState } from 'react';
import { actorPath, getJson, type HistoryItem, type Machine, type MachineItem, type View } from '../api.ts';
import { leavesIn, pathsIn, stateWords } from '../chart.ts';
import { Diagram } from '../diagram.tsx';
import { listen } from '../live.ts';
import { goTo, moveTo, type Place } from '../place.ts';
import { useResource } from '../use-resource.ts';
import { time, titled } from '../words.ts';
import { Commands } from './commands.tsx';
import { Contents } from './contents.tsx';
import { Differences } from './differences.tsx';
import { HistoryList, placeAt } from './history-list.tsx';
import { namesIn, Offered } from './names.ts';
import { Partners } from './partners.tsx';
import { Search } from './search.tsx';
import { isPart, itemAt, type Stretch } from './stretch.ts';
import { Timers } from './timers.tsx';
import { useHistory, type ActorHistory } from './use-history.ts';
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
  const { stretch, reload: reloadHistory, showMore } = useHistory(path, here.at);
  const [answered, setAnswered] = useState<View>();
  const { reload: reloadView } = view;

  useEffect(
    () =>
      listen(`${path}/events`, () => {
        reloadView();
        reloadHistory();
      }),
    [path, reloadView, reloadHistory],
  );

  const onSent = (after: View | undefined): void => {
    if (after !== undefined) setAnswered(after);
    reloadView();
  };

  if (view.value !== undefined) {
    return (
      <>
        <Misplaced at={here.at} stretch={stretch} />
        <Shown
          {...{ machine, machines, path, here, onSent, showMore }}
          view={newerOf(view.value, answered)}
          stretch={stretch ?? nothingYet}
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

const nothingYet: Stretch = { items: [], older: null, hasNewer: false, sought: undefined };

/** The answer to a command has the view after it, which may be here before the next look at the actor, or after. */
function newerOf(view: View, answered: View | undefined): View {
  return answered !== undefined && answered.version > view.version ? answered : view;
}

interface ShownProps {
  readonly machine: Machine;
  readonly machines: readonly MachineItem[];
  readonly view: View;
  readonly stretch: Stretch;
  readonly path: string;
  readonly here: Place;
  readonly onSent: (after: View | undefined) => void;
  readonly showMore: ActorHistory['showMore'];
}

/** As it is now, or as it was at the moment that was chosen. */
function Shown({ machine, machines, view, stretch, path, here, onSent, showMore }: ShownProps) {
  const chosen = itemAt(stretch, here.at);
  const context = chosen === undefined ? view.context : chosen.after;
  const names = useMemo(() => namesIn(view.context, machines), [view, machines]);
  return (
    <div className="actor">
      <Journey machine={machine} view={view} stretch={stretch} chosen={chosen} here={here} />
      <Contents machine={machine} machines={machines} context={context} />
      <div className="columns">
        <section className="panel" aria-labelledby="now">
          <h2 id="now">{chosen === undefined ? 'Now' : `As it was on ${time(chosen.time)}`}</h2>
          <p className="states">{stateWords(chosen === undefined ? view.state : chosen.to)}</p>
          {chosen === undefined && <Timers timers={view.timers} />}
          <Partners stretch={stretch} names={names} machines={machines} view={view} />
        </section>
        <Offered value={names}>
          {chosen === undefined ? (
            <Commands machine={machine} view={view} path={path} onSent={onSent} />
          ) : (
            <Differences stretch={stretch} chosen={chosen} />
          )}
          <WhatIf
            key={chosen?.sequence ?? 'now'}
            machine={machine}
            view={view}
            path={path}
            at={chosen?.sequence}
          />
        </Offered>
        <HistoryList stretch={stretch} chosen={chosen} here={here} showMore={showMore} />
      </div>
    </div>
  );
}

interface MisplacedProps {
  readonly at: string | undefined;
  readonly stretch: Stretch | undefined;
}

/** Of an address that is not right, or no more. */
function Misplaced({ at, stretch }: MisplacedProps) {
  if (at === undefined || stretch?.sought !== at) return null;
  if (itemAt(stretch, at) !== undefined) return null;
  return (
    <p className="hint" role="status">
      Its history has no entry {at}; this is how it is now.
    </p>
  );
}

interface JourneyProps {
  readonly machine: Machine;
  readonly view: View;
  readonly stretch: Stretch;
  readonly chosen: HistoryItem | undefined;
  readonly here: Place;
}

/** Its way on the picture, and the slider through time. */
function Journey({ machine, view, stretch, chosen, here }: JourneyProps) {
  const { items } = stretch;
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
        <label htmlFor="at">
          {isPart(stretch) ? 'Through this part of its history' : 'Through its history'}
        </label>
        <input
          id="at"
          type="range"
          min={0}
          max={items.length}
          value={index}
          aria-valuetext={chosen === undefined ? 'now' : `${chosen.event}, ${time(chosen.time)}`}
          onChange={({ target }) => moveTo(placeAt(here, items[Number(target.value)]))}
        />
        <span>
          {chosen === undefined
            ? 'now'
            : `${isPart(stretch) ? '' : `${index + 1} of ${items.length}: `}${chosen.event}`}
        </span>
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
        focus={leavesIn(value)[0]}
        onChoose={(state) => goTo({ view: 'process', machine: machine.kind, state })}
      />
    </section>
  );
}
