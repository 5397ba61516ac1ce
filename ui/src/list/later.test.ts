// "Later" by the calendar.
import { describe, expect, it } from 'vitest';
import { laterTimes } from './later';

const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();

describe('laterTimes', () => {
  it('is tonight at eight, tomorrow and Monday at nine', () => {
    // A Thursday afternoon.
    expect(laterTimes(at(2026, 10, 19, 15, 0))).toEqual({ tonight: at(2026, 10, 19, 20, 0), tomorrow: at(2026, 10, 20, 9, 0), monday: at(2026, 10, 23, 9, 0) });
  });
  it('is in an hour where the evening has come, and the next Monday on a Monday', () => {
    const now = at(2026, 10, 23, 19, 40);
    expect(laterTimes(now)).toEqual({ tonight: now + 3_600_000, tomorrow: at(2026, 10, 24, 9, 0), monday: at(2026, 10, 30, 9, 0) });
  });
});
