// A client's opening hours as a person fills them in: a line a day, one or two ranges each, typed as one says them.
import type { Opening } from '../backend';

export interface Range { from: string; to: string }
/** Seven lines, Monday first. */
export type Week = Range[][];

const DAY = 1440;
const two = (n: number) => String(n).padStart(2, '0');
const written = (minutes: number) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;

/** « 9 », « 9h30 », « 9:30 », "2 pm": minutes since midnight; midnight at the end of a day is 24. Null: not a time. */
export function minutesOf(text: string): number | null {
  const found = /^\s*(\d{1,2})\s*(?:[h:.]\s*(\d{2})?)?\s*(am|pm)?\s*$/i.exec(text);
  if (!found) return null;
  const half = found[3]?.toLowerCase();
  const hour = Number(found[1]);
  if (half && (hour < 1 || hour > 12)) return null;
  const minutes = (half ? (hour % 12) + (half === 'pm' ? 12 : 0) : hour) * 60 + Number(found[2] ?? 0);
  return Number(found[2] ?? 0) < 60 && minutes <= DAY ? minutes : null;
}

/** A time as it is written here; what is none stays as it was typed. */
export function neat(text: string): string {
  const minutes = minutesOf(text);
  return minutes === null ? text : written(minutes);
}

export function weekOf(hours: Opening[]): Week {
  return [1, 2, 3, 4, 5, 6, 7].map((day) =>
    hours.filter((it) => it.day === day).sort((a, b) => a.from - b.from).map((it) => ({ from: written(it.from), to: written(it.to) })));
}

/** Null where a line makes no sense: a time is missing, ends before it begins, or two ranges overlap. */
export function hoursOf(week: Week): Opening[] | null {
  const hours: Opening[] = [];
  for (const [i, ranges] of week.entries()) {
    let last = 0;
    for (const range of ranges) {
      const [from, to] = [minutesOf(range.from), minutesOf(range.to)];
      if (from === null || to === null || from >= to || from < last) return null;
      hours.push({ day: i + 1, from, to });
      last = to;
    }
  }
  return hours;
}

/** What one begins with: the hours of a shop; after a morning, its afternoon. */
export function another(ranges: Range[]): Range {
  const end = minutesOf(ranges[0]?.to ?? '');
  if (!ranges.length || end === null) return { from: '09:00', to: '18:00' };
  const from = Math.min(Math.max(end + 60, 14 * 60), DAY - 60);
  return { from: written(from), to: written(Math.min(Math.max(from + 240, 18 * 60), DAY)) };
}

/** A second range is asked for on a day that has one: a whole day becomes a morning and an afternoon. */
export function split(ranges: Range[]): Range[] {
  const [first] = ranges;
  if (!first) return [another([])];
  const [from, to] = [minutesOf(first.from), minutesOf(first.to)];
  if (from !== null && to !== null && from < 720 && to > 840) return [{ from: first.from, to: '12:00' }, { from: '14:00', to: first.to }];
  return [first, another(ranges)];
}
