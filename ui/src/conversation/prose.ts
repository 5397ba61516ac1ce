// A text cut at its links. Text is always text: nothing of what others wrote becomes HTML.
import type { Link } from '../backend';

export interface Part { text: string; url?: string; host?: string }

/** Parts in order; links that overlap, lie outside, or are not http(s) stay text. Offsets are UTF-16, end excluded. */
export function parts(text: string, links: Link[]): Part[] {
  const made: Part[] = [];
  let at = 0;
  for (const { start, end, url } of links.toSorted((a, b) => a.start - b.start)) {
    const host = hostOf(url);
    if (start < at || end > text.length || end <= start || !host) continue;
    if (start > at) made.push({ text: text.slice(at, start) });
    made.push({ text: text.slice(start, end), url, host });
    at = end;
  }
  if (at < text.length) made.push({ text: text.slice(at) });
  return made;
}

/**
 * Where a letter's closing quotation begins: its lines under ">" at the very end, with the line that says whose words they
 * are. The length of the text where it has none, or is nothing else.
 */
export function quotation(text: string): number {
  const lines = text.split('\n');
  let first = lines.length;
  while (first > 0 && /^\s*(>|$)/u.test(lines[first - 1]!)) first--;
  if (!lines.slice(first).some((line) => line.trimStart().startsWith('>'))) return text.length;
  // "On Tuesday … wrote:", which a mailer may break in two.
  if (/:\s*$/u.test(lines[first - 1] ?? '')) first -= begins(lines[first - 2]) && !opens(lines[first - 1]) ? 2 : 1;
  const at = lines.slice(0, first).join('\n').trimEnd().length;
  return at === 0 ? text.length : at;
}

const opens = (line = '') => /^\s*(le|on)\b/iu.test(line);
/** The first half of such a line: dated or addressed, and not ended. Anything else may be the writer's own sentence. */
const begins = (line = '') => opens(line) && /@|\b(19|20)\d\d\b/u.test(line) && !/[.!?…:;]\s*$/u.test(line);

/** What is said, without those it is addressed to: us, nearly always, and that is known where it is shown. */
export const unaddressed = (text: string): string => text.replace(/^(?:@[\w.@-]+\s+)+(?=\S)/u, '');

/** Whether a link's words hide where it leads. A mention or a tag says what it is; its host is shown before it opens. */
export const hides = ({ text, host }: Part): boolean => host !== undefined && !text.includes(host) && !/^[@#＠＃]/u.test(text.trim());

/** The real host of a web address, look-alike letters spelt out (`xn--…`); null where it is no web address. */
export function hostOf(url: string): string | null {
  try {
    const { protocol, host } = new URL(url);
    return protocol === 'https:' || protocol === 'http:' ? host : null;
  } catch {
    return null;
  }
}
