/** Where one is in the page. The address bar has all of it, so a link leads anybody to the same place. */
import { createStore } from '@xstate/store';

export type ViewName = 'process' | 'actor';

export interface Place {
  readonly view: ViewName;
  /** A kind of actor. */
  readonly machine: string;
  readonly actor?: string;
  /** A sequence of the journal: the actor as it was then. */
  readonly at?: number;
  /** A state that is looked at. */
  readonly state?: string;
}

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

export function linkTo({ view, machine, actor, at, state }: Place): string {
  const query = new URLSearchParams({ view, machine });
  if (actor !== undefined) query.set('actor', actor);
  if (at !== undefined) query.set('at', String(at));
  if (state !== undefined) query.set('state', state);
  return `?${query.toString()}`;
}

function placeOf(search: string): Place {
  const query = new URLSearchParams(search);
  const actor = query.get('actor');
  const state = query.get('state');
  const at = Number(query.get('at') ?? NaN);
  return {
    view:
      query.get('view') === 'actor' || (actor !== null && query.get('view') === null) ? 'actor' : 'process',
    machine: query.get('machine') ?? '',
    ...(actor === null ? {} : { actor }),
    ...(state === null ? {} : { state }),
    ...(Number.isInteger(at) && at > 0 ? { at } : {}),
  };
}
