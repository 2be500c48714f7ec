/** What the doctor has found, for people and for programs. */
import { keyOf } from '../../runtime/address.ts';
import { isoTime } from '../../runtime/core/view.ts';
import { ageOf, type Diagnosis } from './doctor.ts';
import { checks, type Check, type Finding } from './findings.ts';

const names = Object.keys(checks) as Check[];

export function isClean({ findings, unconfirmed }: Diagnosis): boolean {
  return unconfirmed === 0 && names.every((check) => findings.tally(check).count === 0);
}

/** One JSON object; times are ISO 8601. */
export function reportJson(diagnosis: Diagnosis): string {
  const { place, now, actors, findings, passing, unconfirmed } = diagnosis;
  const found = names.map((check) => {
    const { count, findings: oldest } = findings.tally(check);
    return [
      check,
      {
        count,
        oldest: oldest.map(({ actors: who, what, since }) => ({ actors: who, what, since: isoTime(since) })),
      },
    ];
  });
  const report = { place, at: isoTime(now), clean: isClean(diagnosis), actors, passing, unconfirmed };
  return `${JSON.stringify({ ...report, checks: Object.fromEntries(found) as unknown }, null, 2)}\n`;
}

export function reportText(diagnosis: Diagnosis): string {
  const { place, actors, passing, unconfirmed } = diagnosis;
  const counted = Object.entries(actors).map(([kind, count]) => `${kind} ${count}`);
  const lines = [
    `${place}: ${counted.join(', ')}`,
    ...names.flatMap((check) => sectionOf(check, diagnosis)),
    ...(passing === 0 ? [] : [`${passing} more had gone or moved on at the second look.`]),
    ...(unconfirmed === 0 ? [] : [`${unconfirmed} more were too many to be looked at twice.`]),
    ...(isClean(diagnosis) ? ['Nothing is broken, and nothing is stuck.'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function sectionOf(check: Check, { findings, now }: Diagnosis): string[] {
  const { count, findings: oldest } = findings.tally(check);
  if (count === 0) return [];
  const isCut = check !== 'dead' && count > oldest.length;
  const shown = isCut ? `${count}, the oldest ${oldest.length}` : String(count);
  return ['', `${checks[check]}: ${shown}`, ...oldest.map((finding) => lineOf(finding, now)), ''];
}

function lineOf({ actors, what, since }: Finding, now: number): string {
  const [first, ...others] = actors.map((actor) => keyOf(actor));
  const also = others.length === 0 ? '' : ` (with ${others.join(', ')})`;
  return `  ${first ?? ''}${also}: ${what}; since ${isoTime(since)}, ${ageOf(now - since)}`;
}
