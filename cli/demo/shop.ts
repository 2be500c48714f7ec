/** The hands with which the demo walks an order: each step is shown. */
import type { Answer, Call } from '../shop/calls.ts';
import { Unexpected, type Shop } from '../shop/steps.ts';
import { stateText, viewOf, type View } from '../shop/views.ts';
import { waitUntil } from '../shop/wait.ts';
import type { Section } from './page.ts';

const lookMs = { first: 20, most: 100 };
const withinMs = 45_000;

export function createDemoShop(call: Call, section: Section): Shop {
  async function ask(method: 'POST' | 'PUT', path: string, body: unknown): Promise<Answer> {
    const answer = await call({ method, path, body });
    section.step({ request: `${method} ${path}`, status: answer.status, told: toldBy(answer, body) });
    return answer;
  }

  return {
    async send(path, body, expected = [200]) {
      const answer = await ask('POST', path, body);
      if (!expected.includes(answer.status))
        throw new Unexpected(`it should have been answered with ${expected.join(' or ')}`);
      return viewOf(answer);
    },
    async put(path, body) {
      await ask('PUT', path, body);
    },
    async until(path, isSo) {
      const view = await waitUntil(path, isSo, { call, withinMs, lookMs });
      section.news(path, view);
      return view;
    },
  };
}

function toldBy(answer: Answer, given: unknown): string {
  const { detail } = answer.body;
  const view = viewOf(answer);
  if (view !== undefined) return `${created(answer, view)}${stateText(view)}`;
  if (typeof detail === 'string') return `refused: ${detail}`;
  const { status, mode } = given as { status?: string; mode?: string };
  return status ?? mode ?? '';
}

/** Where the path does not name it. */
function created({ status }: Answer, { id }: View): string {
  return status === 201 ? `${id}: ` : '';
}
