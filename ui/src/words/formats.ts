// The browser's formatters, made once each: making one takes a millisecond, and a list asks for hundreds.
import type { Lang } from './words.svelte';

const NUMBER: Record<Lang, Intl.NumberFormat> = { fr: new Intl.NumberFormat('fr'), en: new Intl.NumberFormat('en') };
const PLURAL: Record<Lang, Intl.PluralRules> = { fr: new Intl.PluralRules('fr'), en: new Intl.PluralRules('en') };

const INSTANT = {
  /** 20:14 */
  hour: { hour: '2-digit', minute: '2-digit' },
  /** 8:14 PM */
  time: { hour: 'numeric', minute: '2-digit' },
  /** lun. */
  day: { weekday: 'short' },
  /** lundi */
  weekday: { weekday: 'long' },
  /** 3 mars */
  date: { day: 'numeric', month: 'short' },
  /** 3 mars 2025 */
  dated: { day: 'numeric', month: 'short', year: 'numeric' },
  /** lundi 3 mars */
  day_date: { weekday: 'long', day: 'numeric', month: 'long' },
  /** lundi 3 mars 2025 */
  full: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const instants = new Map<string, Intl.DateTimeFormat>();

/** A formatter keeps the time zone it was made in: those of instants are made anew now and then. */
export const renew = (): void => instants.clear();

export const number = (lang: Lang, n: number): string => NUMBER[lang].format(n);

/** French counts 0 with the singular, English with the plural. */
export const isOne = (lang: Lang, n: number): boolean => PLURAL[lang].select(n) === 'one';

export function instant(lang: Lang, style: keyof typeof INSTANT, at: number): string {
  const key = `${lang} ${style}`;
  let format = instants.get(key);
  if (!format) instants.set(key, (format = new Intl.DateTimeFormat(lang, INSTANT[style])));
  return format.format(at);
}
