// When a reply leaves, if not as soon as may be: the answers one gives of an evening, by the computer's own clock.
import type { Millis } from '../backend';
import { minutesOf, neat } from '../desk/hours';
import { ask } from '../desk/place.svelte';
import type { Menu } from '../parts/menu';
import { moment } from '../words/dates.svelte';
import { instant } from '../words/formats';
import { speech, t } from '../words/words.svelte';
import { capital } from '../words/wording';

/** In the client's hours where they are closed now, in an hour, tomorrow at nine. */
export function whenTimes(now: Millis, opensAt: Millis | null): { name: 'opening' | 'hour' | 'tomorrow_nine'; at: Millis }[] {
  const tomorrow = new Date(now);
  tomorrow.setDate(tomorrow.getDate() + 1);
  const nine = tomorrow.setHours(9, 0, 0, 0);
  return [
    ...(opensAt !== null && opensAt > now ? [{ name: 'opening' as const, at: opensAt }] : []),
    { name: 'hour', at: now + 3_600_000 },
    // They often open tomorrow at nine: it is not said twice.
    ...(opensAt === nine ? [] : [{ name: 'tomorrow_nine' as const, at: nine }]),
  ];
}

export function whenEntries(now: Millis, at: Millis | null, opensAt: Millis | null, choose: (at: Millis | null) => void): Menu {
  return [
    ...(at === null ? [] : [{ label: t('when.soon'), act: () => choose(null) }]),
    ...whenTimes(now, opensAt).map((it) => ({ label: t(`when.${it.name}`), note: moment(it.at, now), act: () => choose(it.at) })),
    { label: t('when.choose'), act: () => ask({ name: 'when', at, opensAt, soon: at !== null, choose }) },
  ];
}

const DAYS = 31;
const midnight = (at: Millis, later = 0): Millis => {
  const day = new Date(at);
  day.setDate(day.getDate() + later);
  return day.setHours(0, 0, 0, 0);
};

/** The days one may choose, each as its midnight: a month from today on, and the one that stands already. */
export function days(now: Millis, at: Millis): Millis[] {
  const month = Array.from({ length: DAYS }, (_, i) => midnight(now, i));
  const standing = midnight(at);
  return standing > month.at(-1)! ? [...month, standing] : month;
}

/** « Aujourd’hui », « Demain », « Mardi 24 novembre »; with its year where it is another one. */
export function dayWords(day: Millis, now: Millis): string {
  if (day === midnight(now)) return capital(t('when.today'));
  if (day === midnight(now, 1)) return capital(t('when.tomorrow'));
  const other = new Date(day).getFullYear() !== new Date(now).getFullYear();
  return capital(instant(speech.lang, other ? 'full' : 'day_date', day));
}

/** An instant as its day and its time, to be changed; and back. */
export function parts(at: Millis): { day: Millis; time: string } {
  const date = new Date(at);
  return { day: midnight(at), time: neat(`${date.getHours()}:${String(date.getMinutes()).padStart(2, '0')}`) };
}

/** Null where the time does not read. */
export function whole(day: Millis, time: string): Millis | null {
  const minutes = minutesOf(time);
  return minutes === null ? null : new Date(day).setHours(0, minutes, 0, 0);
}
