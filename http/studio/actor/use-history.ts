import { useCallback, useEffect, useRef } from 'react';
import { getHistory } from '../api.ts';
import { useResource } from '../use-resource.ts';
import { covers, goOn, type Stretch, type Wanted } from './stretch.ts';

export interface ActorHistory {
  readonly stretch: Stretch | undefined;
  /** Something may have happened. */
  readonly reload: () => void;
  readonly showMore: (more: Wanted['more']) => void;
}

/** The newest, or what there is around the moment that is looked at; it grows with what happens and is asked for. */
export function useHistory(path: string, at: string | undefined): ActorHistory {
  const known = useRef<Stretch>(undefined);
  const asked = useRef<Pick<Wanted, 'more'>>({});
  const { value, reload } = useResource(`history ${path}`, async (signal) => {
    const { current: answering } = asked;
    known.current = await goOn(known.current, { at, ...answering }, (query) =>
      getHistory(path, query, signal),
    );
    // Not before: another reload may have put an end to this one, and then the next has to answer.
    if (asked.current === answering) asked.current = {};
    return known.current;
  });

  const isElsewhere = value !== undefined && !covers(value, at);
  useEffect(() => {
    if (isElsewhere) reload();
  }, [isElsewhere, at, reload]);

  const showMore = useCallback(
    (more: Wanted['more']) => {
      asked.current = { more };
      reload();
    },
    [reload],
  );
  return { stretch: value, reload, showMore };
}
