// What an act on replies says of itself, one or many at once.
import type { ActedOn, ReplyView } from '../backend';
import { say, type Toast } from '../parts/toasts.svelte';
import { tn, type Plural } from '../words/words.svelte';

/** What was done to how many, and how many it was too late for. */
export function told(stem: Plural, replies: ReplyView[], done: ActedOn | undefined, over: Partial<Toast> = {}): void {
  if (!done) return;
  const left = done.left.length ? tn('outbox.too_late', done.left.length) : undefined;
  const count = replies.length - done.left.length;
  if (count === 0) say({ text: left ?? '', bad: true });
  else say({ text: tn(stem, count), ...over, more: left ?? over.more });
}
