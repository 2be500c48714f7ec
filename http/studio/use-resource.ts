import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, type Problem } from './api.ts';

export interface Resource<Value> {
  /** The last one that came. */
  readonly value: Value | undefined;
  /** Why there is no newer one. */
  readonly problem: Problem | undefined;
  readonly reload: () => void;
}

const againMs = 3_000;
const promise = 'This page tries again by itself.';

/** Loads whenever `key` changes, and again after a while if nobody answered. An empty key loads nothing. */
export function useResource<Value>(
  key: string,
  load: (signal: AbortSignal) => Promise<Value>,
): Resource<Value> {
  const [state, setState] = useState<{ key: string; value?: Value; problem?: Problem }>({ key });
  const [round, setRound] = useState(0);
  const progress = useRef({ isLoading: false, isOutdated: false });

  /** What is under way is waited for: an actor that changes faster than it is loaded would never be shown. */
  const reload = useCallback(() => {
    if (progress.current.isLoading) progress.current.isOutdated = true;
    else setRound((before) => before + 1);
  }, []);

  useEffect(() => {
    if (key === '') return;
    const abort = new AbortController();
    let again: number | undefined;
    const now = { isLoading: true, isOutdated: false };
    progress.current = now;
    load(abort.signal)
      .then(
        (value) => {
          if (!abort.signal.aborted) setState({ key, value });
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          if (!(error instanceof ApiError)) throw error;
          const { status, detail } = error.problem;
          const isAway = status === 0 || status === 503;
          const problem = isAway ? { ...error.problem, detail: `${detail} ${promise}` } : error.problem;
          setState((before) => ({ ...(before.key === key ? before : { key }), problem }));
          if (isAway) again = window.setTimeout(reload, againMs);
        },
      )
      .finally(() => {
        now.isLoading = false;
        if (now.isOutdated && !abort.signal.aborted) reload();
      });
    return () => {
      abort.abort();
      now.isLoading = false;
      clearTimeout(again);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what it loads is named by the key
  }, [key, round, reload]);

  const isPresent = state.key === key;
  return {
    value: isPresent ? state.value : undefined,
    problem: isPresent ? state.problem : undefined,
    reload,
  };
}
