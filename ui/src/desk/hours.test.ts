// Hours as one types them, and as the core takes them.
import { describe, expect, it } from 'vitest';
import { another, hoursOf, minutesOf, neat, split, weekOf, type Week } from './hours';

const monday = (...ranges: [string, string][]): Week => [ranges.map(([from, to]) => ({ from, to })), [], [], [], [], [], []];

describe('a time', () => {
  it.each([['9', 540], ['09:00', 540], ['9h30', 570], ['9 h 30', 570], ['9h', 540], ['2 pm', 840], ['12am', 0], ['24', 1440]] as const)('is read as it is said: %s', (text, minutes) => {
    expect(minutesOf(text)).toBe(minutes);
  });
  it.each(['', 'neuf', '9:70', '25', '24:30', '13pm', '9h5x'])('is none: "%s"', (text) => {
    expect(minutesOf(text)).toBeNull();
    expect(neat(text)).toBe(text);
  });
  it('is written in one way', () => expect(neat('9h5'.replace('5', '05'))).toBe('09:05'));
});

describe('a week', () => {
  it('is the same there and back', () => {
    const hours = [{ day: 1, from: 540, to: 720 }, { day: 1, from: 840, to: 1080 }, { day: 7, from: 600, to: 1440 }];
    expect(hoursOf(weekOf(hours))).toEqual(hours);
    expect(weekOf(hours)).toHaveLength(7);
  });
  it.each([
    ['ends before it begins', monday(['18:00', '09:00'])],
    ['is empty', monday(['', ''])],
    ['overlaps', monday(['09:00', '12:30'], ['12:00', '18:00'])],
    ['is in the wrong order', monday(['14:00', '18:00'], ['09:00', '12:00'])],
  ])('is refused where a range %s', (_, week) => expect(hoursOf(week)).toBeNull());
  it('opens at midnight', () => expect(hoursOf(monday(['0', '24']))).toEqual([{ day: 1, from: 0, to: 1440 }]));
});

describe('another range', () => {
  it('makes a whole day a morning and an afternoon', () => expect(split([another([])])).toEqual([{ from: '09:00', to: '12:00' }, { from: '14:00', to: '18:00' }]));
  it('always makes sense', () => {
    for (const to of ['10:00', '12:00', '17:00', '22:00']) expect(hoursOf([split([{ from: '08:00', to }]), [], [], [], [], [], []])).not.toBeNull();
  });
});
