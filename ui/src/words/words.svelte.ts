// Everything people read, in their language. The two lists live in `words/`, shared with the rest of the program;
// a key that does not exist does not compile.
import * as formats from './formats';
import fr from '../../../words/fr.json';
import en from '../../../words/en.json';

export type Key = keyof typeof fr;
/** The stem of a pair `stem.one` / `stem.other`. */
export type Plural = Key extends infer K ? (K extends `${infer S}.one` ? S : never) : never;
export type Params = Record<string, string | number>;
export type Lang = 'fr' | 'en';

const lists: Record<Lang, Record<string, string>> = { fr, en };

/** The language shown. Reactive: every text follows it. */
export const speech = $state<{ lang: Lang }>({
  lang: navigator.language.toLowerCase().startsWith('fr') ? 'fr' : 'en',
});

export function speak(lang: Lang): void {
  speech.lang = lang;
  document.documentElement.lang = lang;
}

/** The text of a key, its `{params}` put in. */
export function t(key: Key, params?: Params): string {
  return put(lists[speech.lang][key] ?? key, params);
}

/** The text of a plural key for `n`, which is also the parameter `{n}`. */
export function tn(key: Plural, n: number, params?: Params): string {
  const text = lists[speech.lang][`${key}.${formats.isOne(speech.lang, n) ? 'one' : 'other'}`] ?? key;
  return put(text, { n: number(n), ...params });
}

/** The text of a key made from a code, or `otherwise` where the code is unknown (a newer core, another network). */
export function coded(key: string, otherwise: string, params?: Params): string {
  const text = lists[speech.lang][key];
  return text === undefined ? otherwise : put(text, params);
}

export function number(n: number): string {
  return formats.number(speech.lang, n);
}

function put(text: string, params?: Params): string {
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : String(value);
  });
}
