/** Where one is in the page. The address bar has all of it, so a link leads anybody to the same place. */
import { createStore } from '@xstate/store';

export type ViewName = 'process' | 'actor' | 'trouble' | 'release' | 'board';

export interface Place {
  readonly view: ViewName;
  /** A kind of actor. */
  readonly machine: string;
  readonly actor?: string;
  /** A sequence of the journal, as it stands in the address: the actor as it was then. */
  readonly at?: string;
  /** A state that is looked at. */
  readonly state?: string;
  /** Of dead letters, and one of them. */
  readonly cause?: string;
  readonly letter?: string;
  /** How far back a board looks. */
  readonly span?: string;
}

const views: readonly string[] = ['process', 'actor', 'trouble', 'release', 'board'] satisfies ViewName[];

/** In the order in which they stand in the address. */
const texts = ['actor', 'at', 'state', 'cause', 'letter', 'span'] as const;

export const place = createStore({
  context: placeOf(location.search),
  on: { arrived: (_, { to }: { to: Place }) => to },
});

/** With the back button's history. */
export function goTo(to: Place): void {
  history.pushState(null, '', linkTo(to));
  place.trigger.arrived({ to });
}

/** In place of the present entry: for what changes while a control is moved. */
export function moveTo(to: Place): void {
  history.replaceState(null, '', linkTo(to));
  place.trigger.arrived({ to });
}

addEventListener('popstate', () => place.trigger.arrived({ to: placeOf(location.search) }));

export function linkTo({ view, machine, ...rest }: Place): string {
  const query = new URLSearchParams({ view, machine });
  for (const name of texts) if (rest[name] !== undefined) query.set(name, rest[name]);
  return `?${query.toString()}`;
}

export function placeOf(search: string): Place {
  const query = new URLSearchParams(search);
  const given = texts.flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const view = query.get('view') ?? (query.has('actor') ? 'actor' : 'process');
  return {
    view: views.includes(view) ? (view as ViewName) : 'process',
    machine: query.get('machine') ?? '',
    ...(Object.fromEntries(given) as Pick<Place, (typeof texts)[number]>),
  };
}
