// Places in a text that is being written: they move with what is typed before them, and go when they are touched.

export interface Range { start: number; end: number }

/** Where `after` differs from `before`: what stood there, and what stands there now. Offsets are UTF-16. */
export function difference(before: string, after: string): { at: number; removed: number; added: number } {
  let at = 0;
  const shortest = Math.min(before.length, after.length);
  while (at < shortest && before[at] === after[at]) at++;
  let tail = 0;
  while (tail < shortest - at && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { at, removed: before.length - at - tail, added: after.length - at - tail };
}

/** The same places after the text has changed; those that the change touched are gone. */
export function shift<R extends Range>(ranges: R[], before: string, after: string): R[] {
  if (before === after) return ranges;
  const { at, removed, added } = difference(before, after);
  return ranges.flatMap((range) => {
    if (range.end <= at) return [range];
    if (range.start >= at + removed) return [{ ...range, start: range.start + added - removed, end: range.end + added - removed }];
    return [];
  });
}

export interface Segment { text: string; kind: 'plain' | 'filled' | 'leak' }

/** The text cut into what is marked and what is not; a leak is stronger than a filling. */
export function segments(text: string, filled: Range[], leaks: Range[]): Segment[] {
  const cuts = new Set([0, text.length]);
  for (const { start, end } of [...filled, ...leaks]) cuts.add(Math.min(start, text.length)).add(Math.min(end, text.length));
  const sorted = [...cuts].sort((a, b) => a - b);
  const inside = (ranges: Range[], from: number, to: number) => ranges.some((r) => r.start <= from && r.end >= to);
  return sorted.slice(1).map((to, i) => {
    const from = sorted[i]!;
    const kind = inside(leaks, from, to) ? 'leak' : inside(filled, from, to) ? 'filled' : 'plain';
    return { text: text.slice(from, to), kind } as const;
  });
}

/** The template being called before the caret: `/` at the start of a word, and the letters after it. */
export function called(text: string, caret: number): { start: number; words: string } | null {
  const found = /(?:^|\s)(\/[\p{L}\p{N}_-]*)$/u.exec(text.slice(0, caret));
  if (!found?.[1]) return null;
  return { start: caret - found[1].length, words: found[1].slice(1) };
}
