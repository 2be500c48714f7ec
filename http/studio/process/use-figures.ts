import { useEffect, useState } from 'react';
import { getJson, type FiguresJson, type Problem } from '../api.ts';
import { listen } from '../live.ts';
import { useResource } from '../use-resource.ts';

/** As they change; the problem, where one may not see them. */
export function useFigures(kind: string): { figures: FiguresJson | undefined; problem: Problem | undefined } {
  const first = useResource(`figures ${kind}`, (signal) =>
    getJson<FiguresJson>(`/machines/${kind}/figures`, { signal }),
  );
  const [told, setTold] = useState<FiguresJson>();
  const isAllowed = first.value !== undefined;

  useEffect(() => {
    if (!isAllowed) return;
    return listen(`/machines/${kind}/live`, ({ event, data }) => {
      if (event === 'figures') setTold(JSON.parse(data) as FiguresJson);
    });
  }, [kind, isAllowed]);

  const figures = told?.kind === kind ? told : first.value;
  return { figures, problem: figures === undefined ? first.problem : undefined };
}
