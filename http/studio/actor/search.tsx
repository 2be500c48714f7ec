/** Finds actors by id, and by what their kind is listed by. */
import { useState } from 'react';
import { actorPath, ApiError, getJson, type Machine, type Page, type View } from '../api.ts';
import { goTo } from '../place.ts';
import { ActorLink } from '../process/actors-in.tsx';
import { stateWords } from '../chart.ts';

interface Found {
  readonly text: string;
  readonly items: readonly View[];
  /** Where there are more. */
  readonly more: readonly string[];
}

const fields = ['customerId', 'orderId'];

interface Props {
  readonly machine: Machine;
  /** Nobody is shown yet. */
  readonly isFirst: boolean;
}

export function Search({ machine, isFirst }: Props) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Found>();
  const [problem, setProblem] = useState('');

  async function search(): Promise<void> {
    const wanted = text.trim();
    if (wanted === '') return;
    const exact = await orNothing(getJson<View>(actorPath(machine, wanted)));
    if (exact !== undefined) {
      setFound(undefined);
      goTo({ view: 'actor', machine: machine.kind, actor: exact.id });
      return;
    }
    const lists = fields.map((field) => `/${machine.plural}?${field}=${encodeURIComponent(wanted)}&limit=20`);
    setFound({ text: wanted, ...(await pagesOf(lists)) });
  }

  async function goOn(before: Found): Promise<void> {
    const { items, more } = await pagesOf(before.more);
    setFound({ ...before, items: [...before.items, ...items], more });
  }

  function tell(asked: Promise<void>): void {
    setProblem('');
    asked.catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      setProblem(error.problem.detail);
    });
  }

  return (
    <search>
      <form
        className="search"
        onSubmit={(event) => {
          event.preventDefault();
          tell(search());
        }}
      >
        <label htmlFor="wanted">Id, customer or order</label>
        <input
          id="wanted"
          value={text}
          onChange={({ target }) => setText(target.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <button type="submit">Find</button>
      </form>
      {isFirst && found === undefined && (
        <p className="quiet">Search for an actor, or choose one in the process.</p>
      )}
      {problem !== '' && <p role="alert">{problem}</p>}
      <div aria-live="polite">
        {found !== undefined && <p>{aboutFound(found)}</p>}
        <ul className="actors">
          {found?.items.map(({ kind, id, state }) => (
            <li key={id}>
              <ActorLink kind={kind} id={id} /> <small>{stateWords(state)}</small>
            </li>
          ))}
        </ul>
        {found !== undefined && found.more.length > 0 && (
          <button type="button" onClick={() => tell(goOn(found))}>
            Show more
          </button>
        )}
      </div>
    </search>
  );
}

function aboutFound({ text, items, more }: Found): string {
  if (items.length === 0) return `Nothing is known as ${text}.`;
  return `${more.length > 0 ? 'The newest ' : ''}${items.length} for ${text}:`;
}

/** A page of each, and where they go on. */
async function pagesOf(lists: readonly string[]): Promise<Pick<Found, 'items' | 'more'>> {
  const pages = await Promise.all(
    lists.map(async (list) => ({ list, page: await orNothing(getJson<Page<View>>(list)) })),
  );
  return {
    items: pages.flatMap(({ page }) => page?.items ?? []),
    more: pages.flatMap(({ list, page }) =>
      typeof page?.next === 'string' ? [`${list.replace(/&cursor=.*/, '')}&cursor=${page.next}`] : [],
    ),
  };
}

/** Kinds are not all listed by the same fields, and not everybody may see everything. */
function orNothing<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof ApiError && [403, 404, 422].includes(error.problem.status)) return undefined;
    throw error;
  });
}
