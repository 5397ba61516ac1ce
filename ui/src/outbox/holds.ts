// Holds in words, what they cover, and what one can hold from where one stands.
import type { ConversationView, HoldTarget, HoldView } from '../backend';
import { account, accountWords, client, known } from '../desk/desk.svelte';
import { ask } from '../desk/place.svelte';
import type { Entry, Menu } from '../parts/menu';
import { t, tn } from '../words/words.svelte';
import { capital, networkWords } from '../words/wording';

/** What a hold stops, by its name: « le client Boulangerie Perrin »; `here`: « ce fil », where one stands in it. */
export function targetWords(target: HoldTarget, here = false): string {
  switch (target.scope) {
    case 'reply': case 'conversation': case 'post': return t(here ? `hold.this_${target.scope}` : `hold.${target.scope}`);
    case 'account': {
      const held = account(target.account);
      return t('hold.account', { name: held ? accountWords(held) : '' });
    }
    case 'client': return t('hold.client', { name: client(target.client)?.name ?? '' });
    case 'network': return t('hold.network', { name: networkWords(target.network) });
    case 'incident': return t('hold.incident', { name: target.name });
    default: return t(`hold.${target.scope}`);
  }
}

/** « 1 suspension, 12 réponses ». Holds may overlap: the replies are counted only where no one is counted twice. */
export function holdsWords(holds: HoldView[]): string {
  const [first] = holds;
  const everything = holds.find((it) => it.target.scope === 'everything');
  const apart = first && first.target.scope !== 'incident' && holds.every((it) => it.target.scope === first.target.scope);
  const replies = everything ? everything.replies : apart ? holds.reduce((sum, it) => sum + it.replies, 0) : holds.length === 1 ? holds[0]!.replies : null;
  const count = tn('hold.count', holds.length);
  return replies === null ? count : t('hold.count_replies', { holds: count, replies: tn('hold.replies', replies) });
}

/** The holds that a reply written in this conversation would wait under, narrowest first. */
export function holdsOver(view: ConversationView): HoldView[] {
  const { row, post } = view;
  const over = ({ target }: HoldView): boolean => {
    switch (target.scope) {
      case 'conversation': return target.conversation === row.id;
      case 'post': return post !== null && target.post === post.id;
      case 'incident': return target.conversations.includes(row.id);
      case 'account': return target.account === row.account;
      case 'client': return target.client === row.client;
      case 'network': return target.network === row.network;
      case 'everything': return true;
      // A reply's own, and what a restored inbox had not sent: nothing that is written now.
      default: return false;
    }
  };
  const order = ['conversation', 'post', 'incident', 'account', 'client', 'network', 'everything'];
  return known.holds.filter(over).sort((a, b) => order.indexOf(a.target.scope) - order.indexOf(b.target.scope));
}

const entry = (target: HoldTarget, over: Partial<Entry> = {}): Entry => ({ label: capital(targetWords(target, true)), act: () => ask({ name: 'hold', targets: [target] }), ...over });
export const everything = (): Entry => entry({ scope: 'everything' }, { key: '!' });

/** From a conversation: itself, and everything that it is part of. */
export function holdEntries(view: ConversationView): Menu {
  const { row, post } = view;
  const standing = holdsOver(view);
  return [
    ...standing.slice(0, 1).map((it): Entry => ({ label: t('hold.release'), note: capital(targetWords(it.target, true)), act: () => ask({ name: 'release', holds: [it] }) })),
    entry({ scope: 'conversation', conversation: row.id }),
    ...(post ? [entry({ scope: 'post', post: post.id })] : []),
    entry({ scope: 'account', account: row.account }),
    entry({ scope: 'client', client: row.client }),
    entry({ scope: 'network', network: row.network }),
    entry({ scope: 'incident', name: '', conversations: [row.id] }, { label: t('hold.incident_new') }),
    everything(),
  ];
}

/** From the outbox: what is not one conversation's. */
export function deskHoldEntries(): Menu {
  const networks = [...new Set(known.desk?.clients.flatMap((c) => c.accounts.map((a) => a.network)) ?? [])];
  return [
    everything(),
    ...(known.desk?.clients ?? []).map((c) => entry({ scope: 'client', client: c.id })),
    ...networks.map((network) => entry({ scope: 'network', network })),
  ];
}
