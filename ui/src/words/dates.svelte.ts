// Instants as people say them: « 20 h 14 », « hier », « 3 mars ». Days are those of the computer's own time zone.
import { instant, renew } from './formats';
import { speech, t } from './words.svelte';

/** The minute that is now. One timer for the whole interface, so that "à l’instant" ages by itself. */
export const clock = $state({ now: Date.now() });
setInterval(() => {
  renew();
  clock.now = Date.now();
}, 30_000);

const NBSP = '\u00a0';

/** « 20 h 14 », "8:14 PM": inside a sentence. */
export function time(at: number): string {
  const date = new Date(at);
  if (speech.lang === 'en') {
    return instant('en', 'time', at);
  }
  return `${date.getHours()}${NBSP}h${NBSP}${String(date.getMinutes()).padStart(2, '0')}`;
}

/** Today its time, yesterday « hier », this week its day, else its date: beside a row. */
export function brief(at: number, now = clock.now): string {
  const days = daysBetween(at, now);
  if (days === 0) return instant(speech.lang, 'hour', at);
  if (days === 1) return t('when.yesterday');
  if (days === -1) return t('when.tomorrow');
  if (Math.abs(days) < 7) return instant(speech.lang, 'day', at);
  return date(at, now);
}

/** « 3 mars », with its year where it is another one. */
export function date(at: number, now = clock.now): string {
  const other = new Date(at).getFullYear() !== new Date(now).getFullYear();
  return instant(speech.lang, other ? 'dated' : 'date', at);
}

/** « aujourd’hui à 20 h 14 », « hier à 9 h 00 », « lundi à 9 h 00 », « 3 mars à 9 h 00 »: inside a sentence. */
export function moment(at: number, now = clock.now): string {
  const days = daysBetween(at, now);
  if (days === 0) return time(at);
  const day =
    days === 1 ? t('when.yesterday')
    : days === -1 ? t('when.tomorrow')
    : Math.abs(days) < 7 ? instant(speech.lang, 'weekday', at)
    : date(at, now);
  return t('when.day_time', { day, time: time(at) });
}

/** « à 20 h 14 », « demain à 9 h 00 », « le 3 mars à 9 h 00 »: after a verb that says when something happens. */
export function at(ms: number, now = clock.now): string {
  const days = Math.abs(daysBetween(ms, now));
  if (days === 0) return t('when.at_time', { time: time(ms) });
  return days < 7 ? moment(ms, now) : t('when.on_day_time', { day: date(ms, now), time: time(ms) });
}

/** Everything, for a title. */
export function full(at: number): string {
  return t('when.day_time', {
    day: instant(speech.lang, 'full', at),
    time: time(at),
  });
}

/** Calendar days from `at` to `now`: 1 is yesterday. */
function daysBetween(at: number, now: number): number {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
  // Rounded: a day of a clock change has 23 or 25 hours.
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}
