/** What a release would change: the chart that runs beside the one of another build. */
import { useState } from 'react';
import { ApiError, request, type PreviewJson, type Problem } from '../api.ts';
import { markOf, Picture } from '../diagram.tsx';
import { ActorLink } from '../process/actors-in.tsx';
import { Table } from '../table.tsx';
import { count, titled } from '../words.ts';
import { differenceWords, type Difference } from './difference-words.ts';

export function ReleaseView({ kind }: { readonly kind: string }) {
  const [preview, setPreview] = useState<PreviewJson>();
  const [problem, setProblem] = useState<Problem | string>();

  async function read(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    setProblem(undefined);
    setPreview(undefined);
    try {
      const chart = JSON.parse(await file.text()) as unknown;
      const answer = await request(`/machines/${kind}/preview`, { method: 'POST', body: { chart } });
      setPreview((await answer.json()) as PreviewJson);
    } catch (error) {
      if (error instanceof SyntaxError) setProblem(`${file.name} is no JSON.`);
      else if (error instanceof ApiError) setProblem(error.problem);
      else throw error;
    }
  }

  return (
    <>
      <h1>Release of {titled(kind)}</h1>
      <p className="lead">
        Choose the chart of another build, and see what it would change here. Nothing is stored.
      </p>
      <div className="field">
        <label htmlFor="chart">Chart of the other build</label>
        <input
          id="chart"
          type="file"
          accept=".json,application/json"
          aria-describedby="chart-hint"
          onChange={({ target }) => void read(target.files?.[0])}
        />
        <small id="chart-hint">
          Run the other build anywhere, and save its <code>/machines/{kind}.json</code>.
        </small>
      </div>
      {problem !== undefined && <p role="alert">{typeof problem === 'string' ? problem : problem.detail}</p>}
      {preview !== undefined && <Preview of={preview} />}
    </>
  );
}

function Preview({ of: { kind, before, after, differences, stranded } }: { readonly of: PreviewJson }) {
  const [chosen, setChosen] = useState(() => differences.find(({ state }) => state !== '')?.state);
  const label = (version: number): string => `Version ${version}`;
  return (
    <>
      <Verdict {...{ differences, stranded }} isRaised={after.version > before.version} />
      {stranded.length > 0 && <Stranded kind={kind} of={stranded} />}
      {differences.length > 0 && (
        <>
          <Differences of={differences} onChoose={setChosen} />
          <div className="beside">
            {[before, after].map(({ version, svg }, index) => (
              <section key={index} aria-label={index === 0 ? 'Runs here' : 'The other build'}>
                <h2>
                  {index === 0 ? 'Runs here' : 'The other build'}: {label(version)}
                </h2>
                <Picture
                  svg={svg}
                  label={label(version)}
                  marks={index === 0 ? marksBefore(differences) : marksAfter(differences)}
                  chosen={chosen}
                  focus={shownIn(svg, [chosen ?? '', ...differences.map(({ state }) => state)])}
                  onChoose={setChosen}
                />
              </section>
            ))}
          </div>
        </>
      )}
    </>
  );
}

/** The first of them that this picture has. */
function shownIn(svg: string, states: readonly string[]): string | undefined {
  return states.find((state) => state !== '' && svg.includes(`data-state="${state}"`));
}

interface VerdictProps {
  readonly differences: readonly Difference[];
  readonly stranded: PreviewJson['stranded'];
  readonly isRaised: boolean;
}

function Verdict({ differences, stranded, isRaised }: VerdictProps) {
  const lost = stranded.reduce((sum, each) => sum + each.count, 0);
  return (
    <div role="status">
      {differences.length === 0 ? (
        <p className="fine">✓ The charts are the same.</p>
      ) : (
        <p>{count(differences.length)} differences.</p>
      )}
      {differences.length > 0 && !isRaised && (
        <p className="refusal">
          Its version is not higher than the one that runs here. Where a stored actor could notice a
          difference, it would refuse to start: raise the version, and add a migration.
        </p>
      )}
      {lost > 0 && (
        <p className="refusal">
          {lost === 1 ? 'One actor is' : `${count(lost)} actors are`} in states that it does not have. Its
          migration has to lead them on.
        </p>
      )}
    </div>
  );
}

function Stranded({ kind, of }: { readonly kind: string; readonly of: PreviewJson['stranded'] }) {
  return (
    <Table label="Actors in states that are gone">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col" className="number">
            Actors
          </th>
          <th scope="col">Newest</th>
        </tr>
      </thead>
      <tbody>
        {of.map(({ state, count: there, ids }) => (
          <tr key={state}>
            <th scope="row">{state}</th>
            <td className="number">{count(there)}</td>
            <td>
              {ids.map((id) => (
                <span key={id}>
                  <ActorLink kind={kind} id={id} />{' '}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

interface DifferencesProps {
  readonly of: readonly Difference[];
  readonly onChoose: (state: string) => void;
}

const signs = { added: '+', removed: '−', changed: '≠' } as const;

function Differences({ of, onChoose }: DifferencesProps) {
  return (
    <section aria-labelledby="differences">
      <h2 id="differences">What is different</h2>
      <ul className="differences">
        {of.map((difference, index) => (
          <li key={index} className={difference.change}>
            <span aria-hidden="true">{signs[difference.change]}</span>{' '}
            {difference.state !== '' && (
              <button type="button" className="plain" onClick={() => onChoose(difference.state)}>
                {difference.state}
              </button>
            )}{' '}
            {differenceWords(difference)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** On the picture of what runs: what will be gone, and what will be otherwise. */
function marksBefore(differences: readonly Difference[]): ReadonlyMap<string, string> {
  return new Map(
    differences
      .filter(({ change }) => change !== 'added')
      .flatMap((each) => marksOf(each, each.targetBefore ?? each.target)),
  );
}

function marksAfter(differences: readonly Difference[]): ReadonlyMap<string, string> {
  return new Map(
    differences.filter(({ change }) => change !== 'removed').flatMap((each) => marksOf(each, each.target)),
  );
}

function marksOf(
  { change, what, state, event, guard }: Difference,
  target: readonly string[] = [],
): [string, string][] {
  if (what === 'event') return [];
  if (what === 'state') return [[state, change]];
  const about = { ...(event === undefined ? {} : { event }), ...(guard === undefined ? {} : { guard }) };
  // A transition to several regions is drawn as one arrow to each.
  const ends = target.length === 0 ? [[]] : target.map((each) => [each]);
  return ends.map((end) => [markOf(state, { ...about, target: end }), change]);
}
