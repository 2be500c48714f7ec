import { expect, it } from 'vitest';
import {
  aged,
  generationMax,
  isBlank,
  keep,
  nothingRemembered,
  recall,
  remember,
  sizeOf,
} from '../../machines/memory.ts';
import { entriesOf, entryOf, nameOf, noEntries, withEntry, withoutEntry } from '../../machines/register.ts';
import { seededRandom, seeds } from '../support/random.ts';

it.each(seeds(20))('a register holds what a map holds, in its order (SEED=%i)', (seed) => {
  const random = seededRandom(seed);
  const names = ['a', 'aa', 'a~1', 'a~11', 'b:a', '#a', 'a-'];
  const map = new Map<string, number>();
  let register = noEntries;
  for (let step = 0; step < 200; step++) {
    const name = random.pick(names);
    map.delete(name);
    if (random.chance(0.3)) register = withoutEntry(register, name);
    else {
      const number = random.below(1_000);
      map.set(name, number);
      register = withEntry(register, name, number);
    }
    expect(entriesOf(register)).toEqual([...map]);
    for (const each of names) expect(entryOf(register, each)).toBe(map.get(each));
  }
});

it('makes a name of any text, another one of another', () => {
  const texts = ['', ' ', 'a b', 'a=b', 'ä', '%', '%0020', '\ud800', '\udc00', '😀', '\n', 'a'];
  const names = texts.map(nameOf);
  expect(new Set(names).size).toBe(texts.length);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_.~#:%-]*$/);
});

it('remembers two generations, and the recent one first', () => {
  let memory = remember(nothingRemembered, 'a', 1);
  expect([recall(memory, 'a'), recall(memory, 'b'), isBlank(memory)]).toEqual([1, undefined, false]);
  memory = remember(aged(memory), 'a', 2);
  expect([recall(memory, 'a'), memory.count, sizeOf(memory)]).toEqual([2, 1, 10]);
  expect(isBlank(aged(aged(memory)))).toBe(true);
});

it('forgets the older generation when the recent one is full, and counts a name once', () => {
  let memory = remember(nothingRemembered, 'old', 0);
  for (let index = 1; index < generationMax; index++) memory = remember(memory, `n${index}`, index);
  for (let times = 0; times < 3; times++) memory = remember(memory, 'n1', 7);
  expect([memory.count, recall(memory, 'old'), recall(memory, 'n1')]).toEqual([generationMax, 0, 7]);
  memory = remember(memory, 'next', 1);
  expect([memory.count, recall(memory, 'old')]).toEqual([1, 0]);
  for (let index = 0; index < generationMax; index++) memory = remember(memory, `m${index}`, index);
  expect([memory.count, recall(memory, 'old'), recall(memory, 'next')]).toEqual([1, undefined, 1]);
});

it('forgets nothing for what is kept, however much there is', () => {
  let memory = nothingRemembered;
  for (let index = 0; index < 3 * generationMax; index++) memory = keep(memory, `n${index}`, index);
  expect([memory.count, recall(memory, 'n0'), recall(memory, 'n1499')]).toEqual([1_500, 0, 1_499]);
  expect(keep(memory, 'n0', 7).count).toBe(1_500);
  expect(recall(aged(memory), 'n0')).toBe(0);
});
