// A reply that the CM publishes: copied and opened, then asked about. Nothing sends it.
import { call, type ReplyId, type ReplyView } from '../backend';
import { attempt, undo } from '../desk/acts';
import { say } from '../parts/toasts.svelte';
import { t } from '../words/words.svelte';
import { capital, stateWords } from '../words/wording';
import { told } from './told';

/** Its text goes to the clipboard, what it answers opens in the browser where it has an address. Says why, where it may not. */
export async function handOver(reply: ReplyId): Promise<boolean> {
  const over = await attempt(() => call('hand_over', { reply }));
  if (!over) return false;
  if (!over.given) {
    say({ text: t('toast.not_copied'), more: capital(stateWords(over.reply.state)), bad: true });
    return false;
  }
  if (over.copied) say({ text: t(over.opened ? 'toast.copied' : 'toast.copied_unopened'), more: t('toast.copied_more') });
  else say({ text: t('reply.not_copied'), bad: true });
  return true;
}

/** « Oui » : it is there. The core files its conversation with it, unless they wrote since; one undo takes both back. */
export const published = (replies: ReplyView[]): Promise<void> => settle(replies, 'published');

/** « Non » : it waits for another try. */
export const notPublished = (replies: ReplyView[]): Promise<void> => settle(replies, 'not_published');

async function settle(replies: ReplyView[], word: 'published' | 'not_published'): Promise<void> {
  const done = await attempt(() => call('settle', { replies: replies.map((it) => it.id), word: { word } }));
  const act = done?.acted.act ?? null;
  told(`did.${word}`, replies, done, act === null ? {} : { undo: () => void undo(act) });
}
