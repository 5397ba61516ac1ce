// When a reply leaves, if not as soon as may be: the answers one gives of an evening, by the computer's own clock.
import type { Millis } from '../backend';
import type { Menu } from '../parts/menu';
import { ask } from '../desk/place.svelte';
import { moment } from '../words/dates.svelte';
import { t } from '../words/words.svelte';

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

/** An instant as a field for a local date and time takes it, and back. */
export function toField(at: Millis): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** Null where nothing, or half a date, was given. */
export function fromField(text: string): Millis | null {
  const at = new Date(text).getTime();
  return Number.isNaN(at) ? null : at;
}
