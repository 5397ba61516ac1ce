// What can be done about a reply on its way, one or many at once: which acts each state allows, and what each one says.
//
// An act on several is one act and one toast. Those that it came too late for are counted, never hidden. What lets a
// reply go offers to take it back; a hold, its release and an instant are undone.
import { call, type ActedOn, type ConversationId, type HoldTarget, type HoldView, type ReplyId, type ReplyView } from '../backend';
import { attempt, said } from '../desk/acts';
import { ask, go, select } from '../desk/place.svelte';
import { asked } from '../keys/keys.svelte';
import { say, type Toast } from '../parts/toasts.svelte';
import { at as atMoment } from '../words/dates.svelte';
import { t, tn } from '../words/words.svelte';
import { handOver, notPublished, published } from './hand';
import { told } from './told';

/** In the order in which they are offered. */
export const ACTS = ['approve', 'retry', 'look_again', 'copy', 'published', 'not_published', 'send_anyway', 'send_again', 'sign_in', 'release', 'edit', 'take_back', 'reschedule', 'hold', 'give_up'] as const;
export type Act = (typeof ACTS)[number];

/** What may be done about a reply where it stands. The first one is what most would do. */
export function possible({ state }: ReplyView): Act[] {
  switch (state.state) {
    case 'to_approve': return ['approve', 'edit', 'take_back', 'reschedule', 'give_up'];
    case 'held': return ['release', 'edit', 'take_back', 'reschedule', 'give_up'];
    case 'refused': return ['retry', 'edit', 'give_up'];
    case 'handed': return ['published', 'not_published', 'copy', 'give_up'];
    case 'unsure': return ['look_again', 'send_again', 'give_up'];
    case 'waiting':
      if (state.why.why === 'conflict') return ['send_anyway', 'edit', 'take_back', 'give_up'];
      if (state.why.why === 'hand') return ['copy', 'edit', 'take_back', 'hold', 'give_up'];
      if (state.why.why === 'login') return ['sign_in', 'edit', 'take_back', 'reschedule', 'hold', 'give_up'];
      if (state.why.why === 'network') return ['retry', 'edit', 'take_back', 'reschedule', 'hold', 'give_up'];
      return ['edit', 'take_back', 'reschedule', 'hold', 'give_up'];
    default: return [];
  }
}

const ids = (replies: ReplyView[]) => replies.map((it) => it.id);

/** They are on their way: until they leave, they can be taken back. */
const leaving = (replies: ReplyView[], done: ActedOn | undefined): Partial<Toast> => ({
  lead: { label: t('reply.take_back'), go: () => void takeBack(replies.filter((it) => !done?.left.includes(it.id))) },
});

export async function approve(replies: ReplyView[]): Promise<void> {
  const done = await attempt(() => call('approve', { replies: ids(replies) }));
  told('did.approve', replies, done, leaving(replies, done));
}

/** A refused one is tried again, one that waits for the network leaves now, an unsure one is looked for. */
export async function retry(replies: ReplyView[], stem: 'did.retry' | 'did.look_again' = 'did.retry'): Promise<void> {
  told(stem, replies, await attempt(() => call('retry', { replies: ids(replies) })));
}

export async function sendAgain(replies: ReplyView[]): Promise<void> {
  const done = await attempt(() => call('settle', { replies: ids(replies), word: { word: 'send_again' } }));
  told('did.send_again', replies, done, leaving(replies, done));
}

export async function isThere(reply: ReplyView, message: number): Promise<void> {
  told('did.is_there', [reply], await attempt(() => call('settle', { replies: [reply.id], word: { word: 'is_there', message } })));
}

export async function giveUp(replies: ReplyView[]): Promise<ActedOn | undefined> {
  const done = await attempt(() => call('settle', { replies: ids(replies), word: { word: 'give_up' } }));
  told('did.give_up', replies, done, { more: tn('toast.in_drafts', replies.length) });
  return done;
}

export async function takeBack(replies: ReplyView[]): Promise<ActedOn | undefined> {
  const done = await attempt(() => call('take_back', { replies: ids(replies) }));
  told('did.take_back', replies, done, { more: tn('toast.in_drafts', replies.length) });
  return done;
}

/** Takes it back and opens its conversation, ready to write. One that was refused is given up: what is edited is a new reply. */
export async function edit(reply: ReplyView): Promise<void> {
  const done = await (reply.state.state === 'refused' ? giveUp([reply]) : takeBack([reply]));
  if (!done || done.left.length) return;
  open(reply.conversation);
  asked.write = reply.conversation;
}

export function open(conversation: ConversationId): void {
  go('all');
  select(conversation, true);
}

export async function reschedule(replies: ReplyView[], sendAt: number | null): Promise<void> {
  const done = await attempt(() => call('reschedule', { replies: ids(replies), sendAt }));
  const moved = replies.filter((it) => !done?.left.includes(it.id));
  told(sendAt === null ? 'did.soon' : 'did.reschedule', replies, done, {
    more: sendAt === null ? undefined : t('toast.will_leave', { time: atMoment(sendAt) }),
    undo: () => void putBack(moved),
  });
}

/** Each to the instant that it had. */
async function putBack(replies: ReplyView[]): Promise<void> {
  for (const sendAt of new Set(replies.map((it) => it.sendAt))) {
    const them = replies.filter((it) => it.sendAt === sendAt);
    const done = await attempt(() => call('reschedule', { replies: ids(them), sendAt }));
    if (!done) return;
  }
  say({ text: t('toast.undone', { what: t('act.reschedule') }) });
}

export function askWhen(replies: ReplyView[]): void {
  const [first] = replies;
  ask({ name: 'when', at: first?.sendAt ?? null, opensAt: null, soon: replies.some((it) => it.sendAt !== null), choose: (at) => void reschedule(replies, at) });
}

export async function hold(targets: HoldTarget[], why = ''): Promise<boolean> {
  const held = await attempt(() => call('hold', { targets, why }));
  if (!held) return false;
  const [only] = targets;
  const everything = targets.length === 1 && only?.scope === 'everything';
  said(everything ? t('did.hold_everything') : tn('did.hold', targets.length), held.acted, held.onWire ? tn('hold.on_wire', held.onWire) : undefined);
  return true;
}

export const holdReplies = (replies: ReplyView[]): Promise<boolean> => hold(replies.map((it) => ({ scope: 'reply', reply: it.id })));

/** Lets go what is held, less those that the CM keeps back: they are held by themselves before anything is released. */
export async function release(holds: HoldView[], kept: ReplyId[], freed: number): Promise<boolean> {
  if (kept.length) {
    const targets = kept.map((reply): HoldTarget => ({ scope: 'reply', reply }));
    const held = await attempt(() => call('hold', { targets, why: '' }));
    if (!held) return false;
  }
  const acted = await attempt(() => call('release', { holds: holds.map((it) => it.id) }));
  if (acted) said(tn('did.release', freed), acted, kept.length ? tn('hold.kept', kept.length) : undefined);
  return acted !== undefined;
}

/** Asks first, with what went stale: the holds of those replies that are held. */
export function askRelease(replies: ReplyView[]): void {
  const holds = new Map(replies.flatMap(({ state }) => (state.state === 'held' ? [[state.hold.id, state.hold] as const] : [])));
  if (holds.size) ask({ name: 'release', holds: [...holds.values()] });
}

/** Being copied: a second press meanwhile would open a second page. */
const copying = new Set<ReplyId>();
async function copy(reply: ReplyId): Promise<void> {
  if (copying.has(reply)) return;
  copying.add(reply);
  await handOver(reply).finally(() => copying.delete(reply));
}

/** Does one of the acts to those of the replies that it is possible for. */
export function perform(act: Act, replies: ReplyView[]): void {
  const able = replies.filter((it) => possible(it).includes(act));
  const [first] = able;
  if (!first) return;
  switch (act) {
    case 'approve': return void approve(able);
    case 'retry': return void retry(able);
    case 'look_again': return void retry(able, 'did.look_again');
    case 'copy': return void copy(first.id);
    case 'published': return void published(able);
    case 'not_published': return void notPublished(able);
    case 'send_anyway': case 'send_again': return void sendAgain(able);
    case 'sign_in': return ask({ name: 'connect', client: first.client });
    case 'release': return askRelease(able);
    case 'edit': return void edit(first);
    case 'take_back': return void takeBack(able);
    case 'reschedule': return askWhen(able);
    case 'hold': return void holdReplies(able);
    case 'give_up': return void giveUp(able);
  }
}
