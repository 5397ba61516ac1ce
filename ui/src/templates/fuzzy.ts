// Finding a template by a few letters of its code or title.
import type { TemplateView } from '../backend';

/** Lower case, without accents. */
export const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();

/** Those that match, best first; without letters, the most used first. */
export function fuzzy(templates: TemplateView[], words: string): TemplateView[] {
  const asked = plain(words);
  if (!asked) return templates.toSorted((a, b) => b.uses - a.uses || a.title.localeCompare(b.title));
  return templates
    .map((template) => ({ template, score: score(template, asked) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || b.template.uses - a.template.uses)
    .map(({ template }) => template);
}

function score({ code, title }: TemplateView, asked: string): number {
  const [c, t] = [plain(code), plain(title)];
  if (c === asked) return 6;
  if (c.startsWith(asked)) return 5;
  if (t.split(/[\s’'-]+/).some((word) => word.startsWith(asked))) return 4;
  if (c.includes(asked) || t.includes(asked)) return 3;
  return scattered(c, asked) ? 2 : scattered(t, asked) ? 1 : 0;
}

/** Whether the letters stand in the text in this order, others between them. */
function scattered(text: string, letters: string): boolean {
  let at = 0;
  for (const letter of text) if (letter === letters[at]) at++;
  return at === letters.length;
}
