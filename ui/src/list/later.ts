// When "later" is: the four answers one gives of an evening, by the computer's own clock.
import type { Menu } from '../parts/menu';
import { file } from '../desk/acts';
import { moment } from '../words/dates.svelte';
import { t } from '../words/words.svelte';

/** Tonight at 8 (in an hour where it is past 7), tomorrow and Monday at 9, or when an answer comes. */
export function laterTimes(now: number): { tonight: number; tomorrow: number; monday: number } {
  const at = (days: number, hour: number) => {
    const date = new Date(now);
    date.setDate(date.getDate() + days);
    return date.setHours(hour, 0, 0, 0);
  };
  const evening = at(0, 20);
  // From Monday, "Monday" is the next one.
  const toMonday = (8 - new Date(now).getDay()) % 7 || 7;
  return {
    tonight: evening - now > 3_600_000 ? evening : now + 3_600_000,
    tomorrow: at(1, 9),
    monday: at(toMonday, 9),
  };
}

export function laterEntries(now: number): Menu {
  const { tonight, tomorrow, monday } = laterTimes(now);
  const until = (at: number | null) => () => void file({ triage: 'later', until: at });
  return [
    { label: t('later.tonight'), note: moment(tonight, now), act: until(tonight) },
    { label: t('later.tomorrow'), note: moment(tomorrow, now), act: until(tomorrow) },
    // On a Sunday, tomorrow is Monday.
    ...(monday === tomorrow ? [] : [{ label: t('later.monday'), note: moment(monday, now), act: until(monday) }]),
    { label: t('later.answer'), act: until(null) },
  ];
}
