// What a template would say, for an invented person: a look, not the engine. What it cannot show it leaves as written.
import type { Key } from '../words/words.svelte';

/** The variables one can put in, and what each becomes. */
export const VARIABLES: { text: string; means: Key }[] = [
  { text: '{{ prénom }}', means: 'variable.first_name' },
  { text: '{{ nom }}', means: 'variable.name' },
  { text: '{{ compte }}', means: 'variable.handle' },
  { text: '{{ client }}', means: 'variable.client' },
  { text: '{{ lien }}', means: 'variable.link' },
  { text: '{{ prénom | défaut("vous") }}', means: 'variable.fallback' },
  { text: '{{ demander("numéro de commande") }}', means: 'variable.question' },
];

export interface Shown { text: string; kind: 'plain' | 'filled' | 'blank' }

const plain = (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();

export function preview(text: string, values: Record<string, string>): Shown[] {
  const known = new Map(Object.entries(values).map(([name, value]) => [plain(name), value]));
  const parts: Shown[] = [];
  let from = 0;
  for (const match of text.matchAll(/\{\{\s*(.+?)\s*\}\}/g)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), kind: 'plain' });
    from = match.index + match[0].length;
    const inside = match[1] ?? '';
    const question = /^(?:demander|ask)\(\s*["'](.+)["']\s*\)$/.exec(inside)?.[1];
    const [name = '', ...filters] = inside.split('|').map((part) => part.trim());
    const value = known.get(plain(name)) ?? /^(?:défaut|defaut|default|d)\(["'](.*)["']\)$/.exec(filters[0] ?? '')?.[1];
    if (value !== undefined && !question) parts.push({ text: value, kind: 'filled' });
    else parts.push({ text: `[${question ?? inside}]`, kind: 'blank' });
  }
  if (from < text.length) parts.push({ text: text.slice(from), kind: 'plain' });
  return parts;
}
