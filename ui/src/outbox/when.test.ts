// The instants that are offered, by the computer's own clock.
import { afterEach, describe, expect, it } from 'vitest';
import { place, reset } from '../desk/place.svelte';
import { speech } from '../words/words.svelte';
import { at as atMoment } from '../words/dates.svelte';
import { days, dayWords, parts, whenEntries, whenTimes, whole } from './when';

const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();
// A Thursday evening.
const now = at(2026, 10, 19, 20, 15);

afterEach(() => { speech.lang = 'fr'; reset(); });

describe('the times offered', () => {
  it('are in an hour and tomorrow at nine', () => {
    expect(whenTimes(now, null)).toEqual([{ name: 'hour', at: now + 3_600_000 }, { name: 'tomorrow_nine', at: at(2026, 10, 20, 9, 0) }]);
  });
  it('begin with the opening, where the client is closed now', () => {
    expect(whenTimes(now, at(2026, 10, 20, 8, 30)).map((it) => it.name)).toEqual(['opening', 'hour', 'tomorrow_nine']);
    // One instant has one name.
    expect(whenTimes(now, at(2026, 10, 20, 9, 0)).map((it) => it.name)).toEqual(['opening', 'hour']);
    expect(whenTimes(now, now - 1).map((it) => it.name)).toEqual(['hour', 'tomorrow_nine']);
  });
});

describe('the menu', () => {
  it('chooses what it says', () => {
    const chosen: (number | null)[] = [];
    const entries = whenEntries(now, null, null, (it) => chosen.push(it));
    entries[1]!.act();
    expect(chosen).toEqual([at(2026, 10, 20, 9, 0)]);
    entries.at(-1)!.act();
    expect(place.dialog).toMatchObject({ name: 'when', soon: false });
  });
  it('offers to leave as soon as may be only where an instant was chosen', () => {
    const chosen: (number | null)[] = [];
    const entries = whenEntries(now, now + 1, null, (it) => chosen.push(it));
    entries[0]!.act();
    expect(chosen).toEqual([null]);
    expect(whenEntries(now, null, null, () => {})).toHaveLength(entries.length - 1);
  });
});

describe('an instant', () => {
  it('is a day and a time, and back', () => {
    const { day, time } = parts(now);
    expect([day, time]).toEqual([at(2026, 10, 19, 0, 0), '20:15']);
    expect(whole(day, time)).toBe(now);
    expect(whole(day, '9h30')).toBe(at(2026, 10, 19, 9, 30));
    expect(whole(day, 'tôt')).toBeNull();
  });
  it('keeps its time on the day that has an hour less', () => {
    const { day, time } = parts(at(2027, 2, 28, 9, 0));
    expect(whole(day, time)).toBe(at(2027, 2, 28, 9, 0));
  });
  it('is on one of the days of a month, or on the one that stands', () => {
    const month = days(now, now);
    expect(month).toHaveLength(31);
    expect(month.slice(0, 2).map((it) => dayWords(it, now))).toEqual(['Aujourd’hui', 'Demain']);
    expect(dayWords(month[5]!, now)).toBe('Mardi 24 novembre');
    const far = at(2027, 3, 2, 9, 0);
    expect(days(now, far).map((it) => dayWords(it, now)).at(-1)).toBe('Vendredi 2 avril 2027');
  });
  it('is said as a sentence wants it', () => {
    expect(atMoment(at(2026, 10, 19, 21, 5), now)).toBe('à 21\u00a0h\u00a005');
    expect(atMoment(at(2026, 10, 20, 9, 0), now)).toBe('demain à 9\u00a0h\u00a000');
    expect(atMoment(at(2026, 11, 3, 9, 0), now)).toMatch(/^le 3 déc/);
    speech.lang = 'en';
    expect(atMoment(at(2026, 10, 19, 21, 5), now)).toMatch(/^at 9:05/);
  });
});
