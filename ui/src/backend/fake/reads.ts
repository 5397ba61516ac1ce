// What the fake desk answers when it is read: lists, conversations, counts, searches.
import type { ComposerView, ConversationView, Counts, DeskView, DraftView, Hits, ListQuery, Publication, ReplyView, Row, Slice } from '../contract';
import { byHand } from './door';
import { settled, shownReply } from './outbox';
import { able, type Talk, type World } from './world';

export function repliesOf(world: World, talk: number): ReplyView[] {
  return [...world.replies.values()].filter((r) => r.conversation === talk).map((r) => shownReply(world, r));
}

export function rowOf(world: World, talk: Talk): Row {
  const theirs = talk.messages.filter((m) => !m.ours && !m.gone);
  const last = theirs.at(-1) ?? talk.messages[0]!;
  return {
    id: talk.id, client: talk.client, account: talk.account, network: world.accounts.find((a) => a.id === talk.account)?.network ?? 'mastodon', kind: talk.kind, triage: talk.triage,
    author: last.author, avatar: null, at: last.at, excerpt: last.text.slice(0, 200), lang: last.lang, post: talk.post?.text.slice(0, 80) ?? null,
    visibility: talk.visibility, publication: last.publication, unread: talk.unread ? theirs.length : 0, messages: talk.messages.length, draft: talk.draft !== null,
    reply: repliesOf(world, talk.id).find((r) => !settled(r.state))?.state ?? null,
    edited: theirs.some((m) => m.editedAt !== null), gone: talk.messages.some((m) => m.gone),
  };
}

function inView(talk: Talk, query: ListQuery): boolean {
  if (query.client !== null && talk.client !== query.client) return false;
  if (query.account !== null && talk.account !== query.account) return false;
  if (query.view === 'all') return true;
  if (query.view === 'drafts') return talk.draft !== null;
  return talk.triage.triage === (query.view === 'owed' ? 'open' : query.view);
}

/** The ids of a list, in its order. */
export function idsOf(world: World, query: ListQuery): number[] {
  const at = (t: Talk) => t.messages[0]!.at;
  const order = query.view === 'owed' ? (a: Talk, b: Talk) => at(a) - at(b) : (a: Talk, b: Talk) => at(b) - at(a);
  return [...world.talks.values()].filter((t) => inView(t, query)).sort(order).map((t) => t.id);
}

export function listOf(world: World, query: ListQuery, offset: number, limit: number): Slice<Row> {
  const ids = idsOf(world, query);
  return { total: ids.length, offset, rows: ids.slice(offset, offset + limit).map((id) => rowOf(world, world.talks.get(id)!)) };
}

function countsOf(world: World, client: number | null): Counts {
  const talks = [...world.talks.values()].filter((t) => client === null || t.client === client);
  const replies = [...world.replies.values()].filter((r) => (client === null || r.client === client) && !settled(r.state));
  return {
    owed: talks.filter((t) => t.triage.triage === 'open').length, later: talks.filter((t) => t.triage.triage === 'later').length,
    done: talks.filter((t) => t.triage.triage === 'done').length, drafts: talks.filter((t) => t.draft).length, outbox: replies.length,
    trouble: replies.filter(({ state }) => state.state === 'unsure' || state.state === 'handed' || state.state === 'refused' || (state.state === 'waiting' && ['conflict', 'login', 'hand'].includes(state.why.why))).length,
  };
}

export function deskOf(world: World): DeskView {
  return {
    clients: world.clients.map((c) => ({
      ...c, counts: countsOf(world, c.id),
      accounts: world.accounts.filter((a) => a.client === c.id).map((a) => (world.offline && a.health.health === 'good' ? { ...a, health: { health: 'offline' as const, why: 'no_network' as const } } : a)),
    })),
    counts: countsOf(world, null), online: !world.offline, readUpTo: world.accounts[0]?.readUpTo ?? null, pulling: false,
    trouble: world.offline ? 'no_network' : null, holds: world.holds.filter((h) => !h.released).length,
  };
}

/** The next opening of the client's hours; null: they are open now, or always. */
function opensAt(world: World, talk: Talk): number | null {
  const { hours } = world.clients.find((c) => c.id === talk.client)!.rules;
  const now = new Date(world.now());
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const soonest = hours.flatMap(({ day, from, to }) => {
    const ahead = (day - (now.getDay() || 7) + 7) % 7;
    return [ahead, ahead + 7].map((days) => { const start = new Date(midnight); start.setDate(start.getDate() + days); return { from: start.getTime() + from * 60_000, to: start.getTime() + to * 60_000 }; });
  }).filter((it) => it.to > world.now()).sort((a, b) => a.from - b.from)[0];
  return soonest && soonest.from > world.now() ? soonest.from : null;
}

/** Taken out of its place: nobody answers it. */
export const out = (publication: Publication): boolean => publication === 'spam' || publication === 'trash';

export function composerOf(world: World, talk: Talk): ComposerView {
  const answers = talk.messages.filter((m) => !m.ours && !m.gone && !out(m.publication)).at(-1) ?? null;
  const order = ['public', 'unlisted', 'followers', 'direct'] as const;
  const others = talk.messages.filter((m) => !m.ours && !m.gone).toReversed();
  const to = others.filter((m, i) => others.findIndex((o) => o.handle === m.handle) === i).slice(0, 3);
  return {
    able: answers !== null, speaksAs: world.accounts.find((a) => a.id === talk.account)!.handle, answers: answers?.id ?? null,
    to: !world.accounts.find((a) => a.id === talk.account)!.capabilities?.addresses ? [] : to.map((m) => ({ remote: m.handle, handle: m.handle })), visibility: talk.visibility,
    visibilities: talk.visibility ? order.slice(order.indexOf(talk.visibility)) : [], limit: able.limit, byHand: byHand(talk), opensAt: opensAt(world, talk),
  };
}

export function conversationOf(world: World, id: number): ConversationView {
  const talk = world.talks.get(id);
  if (!talk) throw { problem: 'not_found' };
  return {
    row: rowOf(world, talk), post: talk.post,
    messages: talk.messages.map((m) => ({ ...m, reply: repliesOf(world, id).find((r) => r.message === m.id) ?? null })),
    replies: repliesOf(world, id).filter((r) => r.message === null && r.state.state !== 'taken_back' && r.state.state !== 'discarded'),
    draft: talk.draft, attachments: talk.attachments.map((a) => ({ ...a })), composer: composerOf(world, talk), readAt: world.now() - 120_000,
  };
}

export const folded = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export function searchOf(world: World, text: string, limit: number, before: number | null): Hits {
  const unknown: string[] = [];
  const tests: ((t: Talk, m: Talk['messages'][number]) => boolean)[] = [];
  const words: string[] = [];
  for (const part of text.match(/[\p{L}]+:"[^"]+"|"[^"]+"|\S+/gu) ?? []) {
    const [, name, value] = /^(\p{L}+):"?([^"]+)"?$/u.exec(part) ?? [];
    if (!name || !value) { words.push(folded(part.replaceAll('"', ''))); continue; }
    const is = folded(value);
    if (name === 'client') tests.push((t) => folded(world.clients.find((c) => c.id === t.client)!.name).includes(is));
    else if (name === 'auteur' || name === 'author') tests.push((_, m) => folded(m.author).includes(is));
    else unknown.push(part);
  }
  const rows = [...world.talks.values()].flatMap((t) => t.messages.map((m) => ({ t, m })))
    .filter(({ t, m }) => (before === null || m.at < before) && tests.every((test) => test(t, m)) && words.every((w) => folded(m.text).includes(w) || folded(m.author).includes(w)))
    .sort((a, b) => b.m.at - a.m.at);
  if (!words.length && !tests.length) return { rows: [], more: false, next: null, unknown };
  return {
    unknown, more: rows.length > limit, next: rows.length > limit ? rows[limit - 1]!.m.at : null,
    rows: rows.slice(0, limit).map(({ t, m }) => ({
      message: m.id, conversation: t.id, client: t.client, network: 'mastodon', kind: t.kind, triage: t.triage, author: m.author,
      at: m.at, excerpt: m.text.slice(0, 160), ours: m.ours, publication: m.publication, gone: m.gone,
      marks: words.flatMap((w): [number, number][] => { const i = folded(m.text.slice(0, 160)).indexOf(w); return i < 0 ? [] : [[i, i + w.length]]; }),
    })),
  };
}

export function sameDraft(a: DraftView | null, b: DraftView | null): boolean {
  return a?.text === b?.text && a?.warning === b?.warning && a?.visibility === b?.visibility && a?.sendAt === b?.sendAt;
}
