// The fake's outbox: replies that wait, leave, are held and released; each act with its undo and what it came too late for.
import type {
  ActedOn, Acted, Change, Conflict, Contract, DraftView, HoldTarget, HoldView, Problem, ReplyState, ReplyView, StaleView,
} from '../contract';
import { byHand, publish } from './door';
import type { Act, Talk, World } from './world';

export interface HoldRow { id: number; target: HoldTarget; why: string; byProgram: boolean; at: number; released: boolean }

/** Narrowest first: of several holds the first one that covers a reply names it. */
const SCOPES = ['reply', 'conversation', 'post', 'incident', 'account', 'client', 'network', 'everything', 'restored'];
const OLD = 600_000;

export const settled = (state: ReplyState) => ['sent', 'taken_back', 'discarded'].includes(state.state);

function covers(world: World, { target }: HoldRow, it: ReplyView): boolean {
  switch (target.scope) {
    case 'reply': return target.reply === it.id;
    case 'conversation': return target.conversation === it.conversation;
    case 'post': return world.talks.get(it.conversation)?.post?.id === target.post;
    case 'account': return target.account === it.account;
    case 'client': return target.client === it.client;
    case 'incident': return target.conversations.includes(it.conversation);
    default: return true;
  }
}

const standing = (world: World) => world.holds.filter((hold) => !hold.released).sort((a, b) => SCOPES.indexOf(a.target.scope) - SCOPES.indexOf(b.target.scope));
const covering = (world: World, it: ReplyView) => standing(world).filter((hold) => covers(world, hold, it));
const viewOf = ({ id, target, why, byProgram, at }: HoldRow, replies: number): HoldView => ({ id, target, why, byProgram, at, replies });

/** A reply as it is shown: under a hold, a waiting one is held. */
export function shownReply(world: World, it: ReplyView): ReplyView {
  const [hold] = it.state.state === 'waiting' ? covering(world, it) : [];
  return hold ? { ...it, state: { state: 'held', hold: viewOf(hold, 0) } } : { ...it };
}

export function holdsOf(world: World): HoldView[] {
  const open = [...world.replies.values()].filter((it) => ['waiting', 'to_approve'].includes(it.state.state));
  return standing(world).map((hold) => viewOf(hold, open.filter((it) => covers(world, hold, it)).length));
}

/** The order of need, as the core gives it. */
function rank({ state }: ReplyView): number {
  if (['refused', 'unsure', 'handed'].includes(state.state)) return 0;
  if (state.state === 'waiting') return ['conflict', 'login', 'hand'].includes(state.why.why) ? 0 : 3;
  return { to_approve: 1, held: 2, sending: 3, sent: 4 }[state.state as string] ?? 5;
}

export interface Tools {
  now: () => number;
  announce(part: Partial<Change>): Change;
  act(what: string, change: Change, undo: Act['undo']): Acted;
  fail(problem: Problem): never;
  talk(id: number): Talk;
}

type Names =
  | 'outbox' | 'take_back' | 'retry' | 'settle' | 'approve' | 'reschedule' | 'hold' | 'release' | 'holds' | 'release_preview' | 'set_rules'
  | 'attach' | 'describe' | 'detach';
type Commands = { [N in Names]: (args: Contract[N]['args']) => Contract[N]['returns'] };

export function outbox(world: World, { now, announce, act, fail, talk }: Tools) {
  const reply = (id: number) => world.replies.get(id) ?? fail({ problem: 'not_found' });
  const said = (them: ReplyView[]): Change => announce({ conversations: [...new Set(them.map((it) => it.conversation))], replies: them.map((it) => it.id) });

  /** Moves a waiting reply on: it leaves when its delay is over, and its message comes back. */
  const leave = (it: ReplyView) => {
    if (it.state.state !== 'waiting' || covering(world, it).length || it.state.why.why === 'conflict') return;
    const online = !world.offline;
    it.state = online ? { state: 'sending' } : { state: 'waiting', why: { why: 'network' } };
    said([it]);
    if (online) setTimeout(() => arrive(it), 700);
  };
  const arrive = (it: ReplyView) => {
    const where = world.talks.get(it.conversation);
    const account = world.accounts.find((a) => a.id === it.account);
    if (!where || !account || it.state.state !== 'sending') return;
    const id = ++world.ids;
    where.messages.push({ ...where.messages[0]!, id, author: account.name, handle: account.handle, ours: true, text: it.text, at: now(), editedAt: null, warning: null, links: [], depth: 1, reply: null, liked: false });
    Object.assign(it, { state: { state: 'sent', private: it.visibility === 'direct', altered: false }, message: id, sentAt: now() });
    said([it]);
  };

  /** Waits from now on: for the chosen instant, or for the time in which it can be taken back. */
  const wait = (it: ReplyView) => {
    const seconds = world.clients.find((c) => c.id === it.client)?.rules.undoSeconds ?? 20;
    const soonest = now() + seconds * 1000;
    const later = it.sendAt !== null && it.sendAt > soonest;
    it.state = { state: 'waiting', why: later ? { why: 'scheduled', at: it.sendAt! } : world.offline ? { why: 'network' } : { why: 'until', at: soonest } };
    const left = (later ? it.sendAt! : soonest) - now();
    if (left < 2 ** 31) setTimeout(() => leave(it), left);
  };
  const soon = (it: ReplyView) => {
    it.state = { state: 'waiting', why: { why: 'turn' } };
    setTimeout(() => leave(it), 400);
  };
  const giveBack = (it: ReplyView, state: 'taken_back' | 'discarded') => {
    it.state = { state };
    const where = talk(it.conversation);
    const text = [where.draft?.text, it.text].filter(Boolean).join('\n\n');
    where.draft = { text, to: [], visibility: it.visibility, warning: null, template: null, sendAt: it.sendAt, at: now() };
  };

  /** One act on several replies; those that it comes too late for are left. Undone where it left them so. */
  function onAll(what: string, ids: number[], able: (it: ReplyView) => boolean, change: (it: ReplyView) => void): ActedOn {
    const them = ids.map(reply);
    const mine = them.filter(able);
    if (them.length === 1 && !mine.length) fail({ problem: 'too_late' });
    const were = mine.map((it) => ({ it, was: { ...it }, draft: talk(it.conversation).draft, triage: talk(it.conversation).triage }));
    mine.forEach(change);
    const left = were.map(({ it }) => JSON.stringify([it.state, it.sendAt, talk(it.conversation).draft]));
    const acted = act(what, said(mine), () => {
      const back = were.filter(({ it }, i) => JSON.stringify([it.state, it.sendAt, talk(it.conversation).draft]) === left[i]);
      back.forEach(({ it, was, draft, triage }) => { Object.assign(it, was); Object.assign(talk(it.conversation), what === 'settle_published' ? { triage } : { draft }); });
      said(back.map(({ it }) => it));
      return { conversations: back.map(({ it }) => it.conversation), left: mine.length - back.length };
    });
    return { acted, left: them.filter((it) => !mine.includes(it)).map((it) => it.id) };
  }

  function stale(it: ReplyView): StaleView {
    const messages = talk(it.conversation).messages;
    const answered = messages.find((m) => m.text === it.answeredText) ?? messages[0]!;
    const conflict: Conflict | null =
      answered.gone ? 'gone' : (answered.editedAt ?? 0) > it.writtenAt ? 'edited' : messages.some((m) => m.ours && m.at > it.writtenAt && m.reply === null) ? 'answered' : null;
    return { reply: { ...it }, old: now() - it.writtenAt > OLD, conflict };
  }

  const draftPictures = (conversation: number) => talk(conversation).attachments;
  const picture = (id: number) => [...world.talks.values()].find((t) => t.attachments.some((a) => a.id === id)) ?? fail({ problem: 'not_found' });

  const commands: Commands = {
    outbox: ({ query, offset, limit }) => {
      const all = [...world.replies.values()].filter((it) => query.client === null || it.client === query.client).map((it) => shownReply(world, it));
      const open = all.filter((it) => !settled(it.state)).sort((a, b) => rank(a) - rank(b) || a.writtenAt - b.writtenAt);
      const sent = all.filter((it) => it.state.state === 'sent').sort((a, b) => b.sentAt! - a.sentAt!).slice(0, 50);
      const rows = [...open, ...sent];
      return { total: rows.length, offset, rows: rows.slice(offset, offset + limit) };
    },
    take_back: ({ replies }) => onAll('take_back', replies, (it) => ['waiting', 'to_approve'].includes(it.state.state), (it) => giveBack(it, 'taken_back')),
    retry: ({ replies }) => onAll('retry', replies, (it) => ['refused', 'waiting', 'unsure'].includes(it.state.state), (it) => { if (it.state.state !== 'unsure') soon(it); }),
    settle: ({ replies, word }) => {
      const able = (it: ReplyView) => !settled(it.state) && it.state.state !== 'sending' && (word.word !== 'is_there' || it.state.state === 'unsure') && (!word.word.endsWith('published') || it.state.state === 'handed');
      return onAll(`settle_${word.word}`, replies, able, (it) => {
        if (word.word === 'published') publish(world, it);
        if (word.word === 'not_published') it.state = { state: 'waiting', why: { why: 'hand' } };
        if (word.word === 'give_up') giveBack(it, 'discarded');
        if (word.word === 'is_there') Object.assign(it, { state: { state: 'sent', private: false, altered: false }, message: word.message, sentAt: now() });
        if (word.word === 'send_again') soon(it);
      });
    },
    approve: ({ replies }) => onAll('approve', replies, (it) => it.state.state === 'to_approve', wait),
    reschedule: ({ replies, sendAt }) =>
      onAll('reschedule', replies, (it) => ['waiting', 'to_approve'].includes(it.state.state), (it) => {
        it.sendAt = sendAt;
        if (it.state.state === 'waiting') wait(it);
      }),
    holds: () => holdsOf(world),
    hold: ({ targets, why }) => {
      const placed = targets.map((target): HoldRow => ({ id: ++world.ids, target, why, byProgram: false, at: now(), released: false }));
      world.holds.push(...placed);
      const onWire = [...world.replies.values()].filter((it) => it.state.state === 'sending' && placed.some((hold) => covers(world, hold, it))).length;
      const acted = act('hold', announce({ all: true }), () => { free(placed); return { conversations: [], left: 0 }; });
      return { holds: placed.map((it) => it.id), onWire, acted };
    },
    release: ({ holds }) => {
      const freed = world.holds.filter((it) => holds.includes(it.id) && !it.released);
      free(freed);
      return act('release', announce({ all: true }), () => {
        freed.forEach((it) => (it.released = false));
        return { conversations: [], left: 0 };
      });
    },
    release_preview: ({ holds }) => {
      const only = [...world.replies.values()].filter((it) => it.state.state === 'waiting' && covering(world, it).every((by) => holds.includes(by.id)) && covering(world, it).length);
      const rows = only.map(stale).sort((a, b) => Number(b.conflict !== null) - Number(a.conflict !== null) || Number(b.old) - Number(a.old));
      return { total: rows.length, offset: 0, rows: rows.slice(0, 500) };
    },
    set_rules: ({ client, rules }) => {
      const found = world.clients.find((c) => c.id === client) ?? fail({ problem: 'not_found' });
      const was = found.rules;
      found.rules = rules;
      return act('set_rules', announce({}), () => { found.rules = was; return { conversations: [], left: 0 }; });
    },
    attach: ({ conversation, name, bytes }) => {
      const size = Math.floor((bytes.length * 3) / 4);
      const mediaType = bytes.startsWith('iVBOR') ? 'image/png' : bytes.startsWith('/9j/') ? 'image/jpeg' : fail({ problem: 'invalid', field: 'media_type' });
      const it = { id: ++world.ids, name, mediaType, size, alt: '' };
      draftPictures(conversation).push(it);
      announce({ conversations: [conversation] });
      return it;
    },
    describe: ({ attachment, alt }) => {
      const where = picture(attachment);
      where.attachments.find((a) => a.id === attachment)!.alt = alt;
      return announce({ conversations: [where.id] });
    },
    detach: ({ attachment }) => {
      const where = picture(attachment);
      where.attachments = where.attachments.filter((a) => a.id !== attachment);
      return announce({ conversations: [where.id] });
    },
  };

  function free(holds: HoldRow[]) {
    holds.forEach((it) => (it.released = true));
    for (const it of world.replies.values()) if (it.state.state === 'waiting' && ['turn', 'until', 'network'].includes(it.state.why.why)) setTimeout(() => leave(it), 900);
    announce({ all: true });
  }

  function queue(conversation: number, draft: DraftView, thenDone: boolean) {
    const where = talk(conversation);
    const rules = world.clients.find((c) => c.id === where.client)!.rules;
    const answered = where.messages.filter((m) => !m.ours && !m.gone).at(-1) ?? where.messages[0]!;
    const it: ReplyView = {
      id: ++world.ids, client: where.client, account: where.account, conversation, answers: answered.author, answeredText: answered.text, answeredBefore: null, text: draft.text,
      attachments: where.attachments, visibility: draft.visibility, state: { state: 'to_approve' }, writtenAt: now(), sendAt: draft.sendAt, sentAt: null,
      url: null, message: null, tries: 0,
    };
    const was = where.triage;
    world.replies.set(it.id, it);
    where.draft = null;
    where.attachments = [];
    if (thenDone) where.triage = { triage: 'done' };
    if (!rules.toApprove && byHand(where)) it.state = { state: 'waiting', why: { why: 'hand' } };
    else if (!rules.toApprove) wait(it);
    const acted = act('send_reply', said([it]), () => {
      if (it.state.state !== 'waiting' && it.state.state !== 'to_approve') return { conversations: [], left: 1 };
      giveBack(it, 'taken_back');
      where.triage = was;
      return { conversations: [conversation], left: 0 };
    });
    return { reply: it.id, acted };
  }

  return { commands, queue, leave };
}
