// A client's opening hours as a person fills them in: a line a day, one or two ranges each, as times of a clock.
import type { Opening } from '../backend';

export interface Range { from: string; to: string }
/** Seven lines, Monday first. */
export type Week = Range[][];

const DAY = 1440;
const two = (n: number) => String(n).padStart(2, '0');
/** Midnight at the end of a day is written as at its start: fields know no 24:00. */
const written = (minutes: number) => `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;

function read(text: string): number | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (!found) return null;
  const minutes = Number(found[1]) * 60 + Number(found[2]);
  return minutes < DAY ? minutes : null;
}

export function weekOf(hours: Opening[]): Week {
  return [1, 2, 3, 4, 5, 6, 7].map((day) =>
    hours.filter((it) => it.day === day).sort((a, b) => a.from - b.from).map((it) => ({ from: written(it.from), to: written(it.to) })));
}

/** Null where a line makes no sense: a time is missing, ends before it begins, or two ranges overlap. */
export function hoursOf(week: Week): Opening[] | null {
  const hours: Opening[] = [];
  for (const [i, ranges] of week.entries()) {
    let last = -1;
    for (const range of ranges) {
      const from = read(range.from);
      const end = read(range.to);
      const to = end === 0 ? DAY : end;
      if (from === null || to === null || from >= to || from < last) return null;
      hours.push({ day: i + 1, from, to });
      last = to;
    }
  }
  return hours;
}

/** What one begins with on a day that has nothing yet: the hours of a shop, then its afternoon. */
export function another(ranges: Range[]): Range {
  const [first] = ranges;
  if (!first) return { from: '09:00', to: '18:00' };
  const end = read(first.to) ?? 720;
  return end < 19 * 60 ? { from: written(Math.max(end + 60, 14 * 60)), to: written(Math.max(end + 120, 18 * 60)) } : { from: first.to, to: '23:59' };
}
