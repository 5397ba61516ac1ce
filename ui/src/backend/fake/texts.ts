// Templates filled, texts counted, leaks found: the fake's small imitation of the core's rules.
import type { Checked, DraftView, Filled, Leak } from '../contract';
import { folded } from './reads';
import type { World } from './world';

/** As Mastodon counts: a link is 23, the domain of a mention is free. */
export function count(text: string): number {
  return [...text.replace(/https?:\/\/\S+/g, 'x'.repeat(23)).replace(/(@[\w]+)@[\w.-]+/g, '$1')].length;
}

export function check(world: World, id: number, draft: DraftView): Checked {
  const talk = world.talks.get(id);
  if (!talk) throw { problem: 'not_found' };
  const { text } = draft;
  const leaks: Leak[] = [];
  const named = draft.to.map((a) => `@${a.handle.split('@')[0]} `).join('');
  const used = count(named + text);
  if (!text.trim() && !talk.attachments.length) leaks.push({ leak: 'empty' });
  if (used > 500) leaks.push({ leak: 'too_long', by: used - 500, bytes: false });
  for (const m of text.matchAll(/\{\{|\}\}|\{%/g)) leaks.push({ leak: 'braces', start: m.index, end: m.index + 2 });
  for (const m of text.matchAll(/\[([^\]\n]{2,40})\]/g)) leaks.push({ leak: 'blank', start: m.index, end: m.index + m[0].length, name: m[1]! });
  for (const client of world.clients.filter((c) => c.id !== talk.client)) {
    const start = folded(text).indexOf(folded(client.name));
    if (start >= 0) leaks.push({ leak: 'other_client', start, end: start + client.name.length, name: client.name });
  }
  if (talk.visibility === 'direct') {
    for (const m of text.matchAll(/@[\w.]+(@[\w.-]+)?/g)) {
      if (!talk.messages.some((t) => t.handle.startsWith(m[0].slice(1)))) leaks.push({ leak: 'outsider', start: m.index, end: m.index + m[0].length, name: m[0] });
    }
  }
  const hints = talk.attachments.filter((it) => !it.alt.trim()).map((it) => ({ hint: 'no_alt' as const, attachment: it.id }));
  return { count: used, most: 500, bytes: false, leaks, hints };
}

export function fill(world: World, template: number, id: number, answers: Record<string, string>): Filled {
  const found = world.templates.find((t) => t.id === template);
  const talk = world.talks.get(id);
  if (!found || !talk) throw { problem: 'not_found' };
  const person = talk.messages.filter((m) => !m.ours).at(-1)!.author;
  const filled: [number, number][] = [];
  const missing: Filled['missing'] = [];
  let text = '';
  let from = 0;
  for (const m of found.text.matchAll(/\{\{\s*(.+?)\s*\}\}/g)) {
    text += found.text.slice(from, m.index);
    from = m.index + m[0].length;
    const question = /^demander\("(.+)"\)$/.exec(m[1]!)?.[1];
    const value = question ? answers[question] : m[1] === 'prénom' ? person.split(' ')[0] : world.clients.find((c) => c.id === talk.client)?.name;
    const put = value || `[${question ?? m[1]}]`;
    if (value) filled.push([text.length, text.length + put.length]);
    else missing.push({ start: text.length, end: text.length + put.length, name: question ?? m[1]! });
    text += put;
  }
  return { template: { id: found.id, version: found.version }, text: text + found.text.slice(from), filled, missing };
}
