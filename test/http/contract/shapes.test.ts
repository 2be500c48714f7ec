/**
 * The schemas of what is answered and written have the fields that the code gives, optional ones too: a field that
 * is rare might be in no answer that a test happens to see. The compiler looks.
 */
import { expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { BoardJson } from '../../../http/board.ts';
import type { answers } from '../../../http/contract/answers.ts';
import type { records } from '../../../http/contract/records.ts';
import type { LetterJson, LettersJson } from '../../../http/dead-letters/letter.ts';
import type { FiguresJson } from '../../../http/figures.ts';
import type { HistoryItem } from '../../../http/history.ts';
import type { OptionsJson } from '../../../http/options.ts';
import type { PreviewJson } from '../../../http/preview/preview.ts';
import type { Choice } from '../../../runtime/core/choices.ts';
import type { Settlement } from '../../../runtime/reading/dead-letters.ts';
import type { DeadLetter, JournalEntry } from '../../../runtime/core/entry.ts';
import type { Rehearsed, Step } from '../../../runtime/core/rehearsal.ts';
import type { View } from '../../../runtime/core/view.ts';

type Answered<Name extends keyof typeof answers> = keyof z.output<(typeof answers)[Name]>;
type Written<Name extends keyof typeof records> = keyof z.output<(typeof records)[Name]>;

test('what is answered has the fields that it says', () => {
  expectTypeOf<Answered<'View'>>().toEqualTypeOf<keyof View>();
  expectTypeOf<Answered<'HistoryItem'>>().toEqualTypeOf<keyof HistoryItem>();
  expectTypeOf<Answered<'Options'>>().toEqualTypeOf<keyof OptionsJson>();
  expectTypeOf<Answered<'Rehearsal'>>().toEqualTypeOf<keyof Rehearsed>();
  expectTypeOf<Answered<'DeadLetter'>>().toEqualTypeOf<keyof LetterJson>();
  expectTypeOf<Answered<'DeadLetters'>>().toEqualTypeOf<keyof LettersJson>();
  expectTypeOf<Answered<'Figures'>>().toEqualTypeOf<keyof FiguresJson>();
  expectTypeOf<Answered<'Board'>>().toEqualTypeOf<keyof BoardJson>();
  expectTypeOf<Answered<'Preview'>>().toEqualTypeOf<keyof PreviewJson>();
  type Items = z.output<(typeof answers)['Options']>['items'];
  expectTypeOf<keyof Items[number]>().toEqualTypeOf<keyof Choice>();
  type Steps = z.output<(typeof answers)['Rehearsal']>['steps'];
  expectTypeOf<keyof Steps[number]>().toEqualTypeOf<keyof Step>();
});

test('what is written has the fields that it says', () => {
  expectTypeOf<Written<'JournalEntry'>>().toEqualTypeOf<keyof JournalEntry>();
  expectTypeOf<Written<'DeadLetter'>>().toEqualTypeOf<keyof DeadLetter>();
  expectTypeOf<Written<'Settlement'>>().toEqualTypeOf<keyof Settlement>();
});
