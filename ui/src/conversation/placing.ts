// Where a moderator puts what others wrote: the words of each move, and the way back to where it stood.
import { call, type MessageView, type Publication } from '../backend';
import { attempt } from '../desk/acts';
import type { Menu } from '../parts/menu';
import { say } from '../parts/toasts.svelte';
import { t } from '../words/words.svelte';

/** What the network took; the toast leads back to where the message stood, where the account may put it there. */
async function put({ id, publication: was }: MessageView, to: Publication, places: Publication[]): Promise<void> {
  const acted = await attempt(() => call('put', { message: id, to }));
  if (!acted) return;
  if (acted.act === null) return void say({ text: t('toast.put_ignored'), bad: true });
  const back = () => void attempt(() => call('put', { message: id, to: was }));
  say({ text: t(`toast.put_${to}`), lead: places.includes(was) ? { label: t('message.put_back'), go: back } : undefined });
}

/** The moves from where a message stands to where the account may put it. */
export function placingEntries(message: MessageView, places: Publication[]): Menu {
  if (message.ours || message.gone) return [];
  return places.filter((to) => to !== message.publication).map((to) => ({
    label: t(to === 'published' && message.publication === 'pending' ? 'message.approve' : `message.put.${to}`),
    danger: to === 'spam' || to === 'trash',
    act: () => void put(message, to, places),
  }));
}
