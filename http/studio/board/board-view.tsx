/** The business at a glance: what began and ended, how long it took, where it stands, what is bound. */
import { useEffect, useMemo } from 'react';
import { getJson, type BoardJson } from '../api.ts';
import { goTo, linkTo, type Place } from '../place.ts';
import { useResource } from '../use-resource.ts';
import { count, duration, money, time, titled } from '../words.ts';
import { Chart } from './chart.tsx';
import { Funnel } from './funnel.tsx';

const againMs = 5_000;
/** While what was before is being read. */
const soonMs = 500;
const spans = { '1h': 'Last hour', '24h': 'Last day' } as const;

export function BoardView({ at }: { readonly at: Place }) {
  const span = at.span === '1h' ? '1h' : '24h';
  const path = `/machines/${at.machine}/board?window=${span}`;
  const { value, problem, reload } = useResource(path, (signal) => getJson<BoardJson>(path, { signal }));
  const everyMs = value?.ready === true ? againMs : soonMs;
  useEffect(() => {
    const timer = setInterval(reload, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  return (
    <>
      <h1>{titled(at.machine)} board</h1>
      <nav aria-label="How far back" hidden={problem?.status === 404}>
        <ul className="spans">
          {(Object.keys(spans) as (keyof typeof spans)[]).map((each) => (
            <li key={each}>
              <SpanLink to={{ view: 'board', machine: at.machine, span: each }} isHere={each === span} />
            </li>
          ))}
        </ul>
      </nav>
      <Misnamed span={at.span} />
      {value === undefined && problem === undefined && <p className="quiet">Loading…</p>}
      {value === undefined && problem !== undefined && <p className="hint">{problem.detail}</p>}
      {value !== undefined && <Board of={value} />}
    </>
  );
}

/** Of an address that somebody has written by hand. */
function Misnamed({ span }: { readonly span: string | undefined }) {
  if (span === undefined || Object.hasOwn(spans, span)) return null;
  return (
    <p className="hint" role="status">
      A board cannot look back by {span}; this is the last day.
    </p>
  );
}

function SpanLink({
  to,
  isHere,
}: {
  readonly to: Place & { span: keyof typeof spans };
  readonly isHere: boolean;
}) {
  return (
    <a
      href={linkTo(to)}
      aria-current={isHere ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        goTo(to);
      }}
    >
      {spans[to.span]}
    </a>
  );
}

function Board({ of: board }: { readonly of: BoardJson }) {
  const { steps, funnel, from, ready } = board;
  const times = useMemo(() => steps.map(({ at }) => Date.parse(at) / 1_000), [steps]);
  const { flow, cycle, states } = useMemo(() => linesOf(steps), [steps]);
  return (
    <>
      {!ready && <p role="status">Still reading what was before…</p>}
      <Numbers of={board} />
      <p className="quiet">Counted since {time(from)}.</p>
      <Funnel steps={funnel} />
      <div className="charts">
        <Chart
          title="Began, came through, ended otherwise, refused"
          times={times}
          lines={flow}
          show={count}
        />
        <Chart title="Time from beginning to end" times={times} lines={cycle} show={duration} />
        <Chart title="How many are where" times={times} lines={states} show={count} />
      </div>
    </>
  );
}

function Numbers({ of: { totals, stuck, promiseMs } }: { readonly of: BoardJson }) {
  const { created, finished, lost, refused, onTime, p50Ms, p95Ms } = totals;
  const share = finished === 0 ? '–' : `${Math.round((100 * onTime) / finished)} %`;
  const bound = stuck.values.map(({ amount, currency }) => money(amount, currency)).join(', ');
  return (
    <dl className="numbers">
      <Number name="Began" value={count(created)} />
      <Number
        name="Came through"
        value={count(finished)}
        about={lost === 0 ? undefined : `${count(lost)} ended otherwise`}
      />
      <Number name="In time" value={share} about={`within ${duration(promiseMs)}`} />
      <Number
        name="Half took up to"
        value={p50Ms === null ? '–' : duration(p50Ms)}
        about={p95Ms === null ? undefined : `95 % up to ${duration(p95Ms)}`}
      />
      <Number name="Refused" value={count(refused)} />
      <Number
        name="Late now"
        value={count(stuck.count)}
        about={stuck.count === 0 ? undefined : `${bound} bound`}
        isAlarming={stuck.count > 0}
      />
    </dl>
  );
}

interface NumberProps {
  readonly name: string;
  readonly value: string;
  readonly about?: string | undefined;
  readonly isAlarming?: boolean;
}

function Number({ name, value, about, isAlarming = false }: NumberProps) {
  return (
    <div className={isAlarming ? 'alarming' : undefined}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {about !== undefined && <small>{about}</small>}
      </dd>
    </div>
  );
}

type Steps = BoardJson['steps'];

function linesOf(steps: Steps) {
  const line = (name: string, of: (step: Steps[number]) => number | null) => ({
    name,
    values: steps.map(of),
  });
  const states = Object.keys(steps[0]?.states ?? {});
  return {
    flow: [
      line('began', ({ created }) => created),
      line('came through', ({ finished }) => finished),
      line('ended otherwise', ({ lost }) => lost),
      line('refused', ({ refused }) => refused),
    ],
    cycle: [line('half up to', ({ p50Ms }) => p50Ms), line('95 % up to', ({ p95Ms }) => p95Ms)],
    states: states.map((state) => line(state, (step) => step.states[state] ?? 0)),
  };
}
