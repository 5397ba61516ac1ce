// A reply that the CM publishes: copied and opened, then asked about. Nothing sends it.
import { call, type ActedOn, type ReplyId, type ReplyView } from '../backend';
import { attempt, undo } from '../desk/acts';
import { say } from '../parts/toasts.svelte';
import { t, tn } from '../words/words.svelte';
import { capital, stateWords } from '../words/wording';

/** Its text goes to the clipboard, what it answers opens in the browser. Says why, where it may not. */
export async function handOver(reply: ReplyId): Promise<boolean> {
  const over = await attempt(() => call('hand_over', { reply }));
  if (!over) return false;
  if (!over.given) {
    say({ text: t('toast.not_copied'), more: capital(stateWords(over.reply.state)), bad: true });
    return false;
  }
  if (over.copied) say({ text: t('toast.copied'), more: t('toast.copied_more') });
  else say({ text: t('reply.not_copied'), bad: true });
  return true;
}

/** « Oui » : it is there, and its conversation is done with; both come back by one undo. */
export async function published(replies: ReplyView[]): Promise<void> {
  const done = await attempt(() => call('settle', { replies: replies.map((it) => it.id), word: { word: 'published' } }));
  if (!done) return;
  const ids = [...new Set(replies.filter((it) => !done.left.includes(it.id)).map((it) => it.conversation))];
  const filed = ids.length ? await attempt(() => call('triage', { ids, to: { triage: 'done' } })) : undefined;
  told('did.published', replies, done, () => void back([done.acted.act, filed?.act ?? null]));
}

/** « Non » : it waits for another try. */
export async function notPublished(replies: ReplyView[]): Promise<void> {
  const done = await attempt(() => call('settle', { replies: replies.map((it) => it.id), word: { word: 'not_published' } }));
  if (done) told('did.not_published', replies, done, () => void back([done.acted.act]));
}

function told(stem: 'did.published' | 'did.not_published', replies: ReplyView[], done: ActedOn, undo: () => void): void {
  const left = done.left.length ? tn('outbox.too_late', done.left.length) : undefined;
  say({ text: tn(stem, replies.length - done.left.length), more: left, undo });
}

/** What was done at once is undone at once, the last first. */
async function back(acts: (number | null)[]): Promise<void> {
  for (const act of acts.toReversed()) if (act !== null) await undo(act);
}
