// The fake desk's memory: about three hundred conversations made from a seed, so that two runs look the same.
import type { AccountView, AttachmentView, Capabilities, ClientRules, DraftView, MessageView, PostView, ReplyView, TemplateView, Triage, Kind, Visibility, ActId } from '../contract';
import type { HoldRow } from './outbox';
import { also, clients, first, last, posts, questions, templates, thanks } from './people';

export interface Talk {
  id: number; client: number; account: number; kind: Kind; triage: Triage; lang: string | null;
  visibility: Visibility | null; post: PostView | null; messages: MessageView[]; unread: boolean; draft: DraftView | null;
  /** Pictures of the draft. */
  attachments: AttachmentView[];
}

export interface Act { id: ActId; what: string; undo: () => { conversations: number[]; left: number }; undone: boolean }

export interface World {
  now: () => number;
  offline: boolean;
  clients: { id: number; name: string; letter: string; color: number; rules: ClientRules }[];
  accounts: AccountView[];
  talks: Map<number, Talk>;
  replies: Map<number, ReplyView>;
  holds: HoldRow[];
  templates: TemplateView[];
  acts: Act[];
  settings: Map<string, string>;
  /** Recovery phrases without their dashes: the one shown last, the one confirmed; and how many were made. */
  recovery: { asked: string | null; kept: string | null; made: number };
  ids: number;
}

const MINUTE = 60_000;
export const able: Capabilities = {
  limit: { most: 500, unit: 'characters', bytes: null, linkCounts: 23, mentionDomainFree: true }, directLimit: null,
  reply: true, privateReply: false, audiences: true, warnings: true, like: true, mute: true, block: true, report: true, publications: [], deleteOwn: true,
  editOwn: true, addresses: true,
  pictures: { most: 4, bytes: 8_388_608, mediaTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/gif'], alt: 1500 }, files: 25_000_000, proof: { proof: 'key', validFor: 1_800_000 },
  neverGives: ['unseen_replies', 'read_receipts'],
};

export function world(now: () => number, size = 300): World {
  const random = dice(20_261);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const start = now();
  const made: World = {
    now, offline: false, ids: 10_000,
    clients: clients.map(({ id, name, letter, color }) => ({ id, name, letter, color, rules: { undoSeconds: 20, toApprove: false, hours: [] } })),
    accounts: clients.map((c, i) => ({
      id: c.id * 10, client: c.id, network: c.network, handle: c.handle, name: c.name,
      health: i === 2 ? { health: 'needs_login' } : { health: 'good' },
      lastSuccess: start - (i + 1) * 2 * MINUTE, readUpTo: start - (i + 1) * 2 * MINUTE,
      holes: i === 1 ? [{ interval: { from: start - 52 * 60 * MINUTE, to: start - 50 * 60 * MINUTE }, fillable: true }] : [],
      unreadable: i === 1 ? 2 : 0, capabilities: able, route: 'api' as const,
      roundTrip: i === 0 ? { read: start - 90 * MINUTE, answered: start - 80 * MINUTE, seen: start - 79 * MINUTE } : { read: start - 90 * MINUTE, answered: i === 1 ? start - 80 * MINUTE : null, seen: null },
    })),
    talks: new Map(), replies: new Map(), holds: [],
    templates: templates.map((t) => ({ ...t, lang: t.code === 'thanks' ? 'en' : 'fr', clients: [...t.clients], lastUsed: start - t.id * 3_600_000 })),
    acts: [], settings: new Map(), recovery: { asked: null, kept: null, made: 0 },
  };

  let at = start - 4 * MINUTE;
  for (let i = 0; i < size; i++) {
    at -= Math.floor((2 + random() * 34) * MINUTE);
    const client = pick(clients);
    const question = i < 3 ? questions[client.id]![0]! : pick(questions[client.id]!);
    const kind = pick(['comment', 'comment', 'comment', 'mention', 'message'] as const);
    const visibility: Visibility = kind === 'message' ? 'direct' : pick(['public', 'public', 'public', 'unlisted', 'followers']);
    const id = 1000 + i;
    const post = kind === 'comment' ? postOf(client.id, Math.floor(random() * posts[client.id]!.length), id, at) : null;
    const messages: MessageView[] = [];
    const write = (over: Partial<MessageView>) => {
      const name = over.author ?? `${pick(first)} ${pick(last)}`;
      const link = /https?:\/\/\S+/.exec(over.text ?? '');
      messages.push({
        id: id * 100 + messages.length, person: Math.floor(random() * 9000), author: name,
        handle: `${name.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/[^a-z]+/g, '_')}@social.exemple`, avatar: null, ours: false,
        at, editedAt: null, text: '', links: link ? [{ start: link.index, end: link.index + link[0].length, url: link[0] }] : [],
        warning: null, lang: 'fr', url: `https://social.exemple/${id}/${messages.length}`, visibility, publication: 'published', route: 'api', raw: false, rating: null, attachments: [],
        liked: false, gone: false, depth: 0, authorMessages: Math.floor(random() * 5), muted: false, blocked: false, reply: null, ...over,
      });
    };
    if (i === size - 1) {
      write({ author: 'Léa Martin', text: questions[2]![0]!.text, authorMessages: 3 });
      write({ author: 'Hugo Verdier', text: also[0]!, at: at + 5 * MINUTE, depth: 1 });
      made.talks.set(id, { id, client: 2, account: 20, kind: 'comment', lang: 'fr', visibility: 'public', post: postOf(2, 0, id, at), messages, triage: { triage: 'open' }, unread: true, draft: null, attachments: [] });
      continue;
    }
    write({ text: question.text, lang: question.lang ?? 'fr', warning: i % 29 === 7 ? 'Alimentation, allergies' : null, editedAt: i % 17 === 5 ? at + 3 * MINUTE : null });
    const others = random() < 0.4 ? 1 + Math.floor(random() * 2) : 0;
    for (let n = 0; n < others; n++) write({ text: pick(also), at: at + (n + 1) * 3 * MINUTE, depth: n + 1 });
    const done = random() < 0.45 && i > 14;
    if (done && random() < 0.6) write({ author: client.name, handle: client.handle, ours: true, text: thanks[client.id]!, at: at + 25 * MINUTE, depth: 1 });
    if (i === 4) write({ text: 'La réponse est ici, je crois : https://quais.exemple/infos/acces-et-parking et merci.', at: at + 8 * MINUTE, depth: 1 });
    if (i === 6) write({ text: 'Message retiré', gone: true, at: at + 2 * MINUTE, depth: 1 });
    made.talks.set(id, {
      id, client: client.id, account: client.id * 10, kind, lang: question.lang ?? 'fr', visibility, post, messages,
      triage: done ? { triage: 'done' } : random() < 0.05 && i > 14 ? { triage: 'later', until: start + (1 + Math.floor(random() * 40)) * 3_600_000 } : { triage: 'open' },
      unread: !done && random() < 0.55, draft: null, attachments: [],
    });
  }
  seedReplies(made);
  return made;
}

function postOf(client: number, which: number, id: number, at: number): PostView {
  const about = posts[client]![which]!;
  const who = clients.find((c) => c.id === client)!;
  return {
    id: client * 100 + which, author: who.name, ours: true, at: at - 9 * 60 * MINUTE, text: about.text, links: [], warning: null, lang: 'fr',
    url: `https://${who.handle.split('@')[1]}/@p/${id}`, tallies: { replies: 3 + (id % 40), shares: about.shares, likes: about.shares * 3 },
    attachments: about.alt ? [{ kind: 'image', url: 'https://medias.exemple/i.jpg', preview: null, alt: about.alt }] : [], gone: false,
  };
}

/** One reply in each state, so that every screen can be seen. */
function seedReplies(made: World): void {
  const open = [...made.talks.values()].filter((t) => t.triage.triage === 'open');
  const tomorrow = new Date(made.now());
  tomorrow.setDate(tomorrow.getDate() + 1);
  const scheduled = tomorrow.setHours(9, 0, 0, 0);
  const states: ReplyView['state'][] = [
    { state: 'unsure', lookedAt: made.now() - 6 * MINUTE, candidates: [] },
    { state: 'refused', reason: { code: 'gone', said: 'Record not found' } },
    { state: 'waiting', why: { why: 'conflict', conflict: 'edited' } },
    { state: 'waiting', why: { why: 'login' } },
    { state: 'sent', private: false, altered: false },
    { state: 'to_approve' },
    { state: 'to_approve' },
    { state: 'waiting', why: { why: 'scheduled', at: scheduled } },
    { state: 'waiting', why: { why: 'conflict', conflict: 'answered' } },
    { state: 'waiting', why: { why: 'turn' } },
  ];
  states.forEach((state, i) => {
    const talk = open[12 + i * 2];
    if (!talk) return;
    const id = 500 + i;
    const account = made.accounts.find((a) => a.id === talk.account)!;
    const ours = (over: Partial<MessageView>) => {
      const found: MessageView = { ...talk.messages[0]!, id: talk.id * 100 + 90, author: account.name, handle: account.handle, ours: true, depth: 1, warning: null, editedAt: null, ...over };
      talk.messages.push(found);
      return found.id;
    };
    if (state.state === 'unsure') state.candidates.push(ours({ text: `${thanks[talk.client]!.slice(0, -1)}…`, at: talk.messages[0]!.at + 12 * MINUTE }));
    const writtenAt = made.now() - (i + 2) * 7 * MINUTE;
    if (state.state === 'waiting' && state.why.why === 'conflict') {
      if (state.why.conflict === 'edited') talk.messages[0]!.editedAt = writtenAt + 2 * MINUTE;
      else ours({ text: 'Bonjour, oui, c’est noté. À samedi !', at: writtenAt + 4 * MINUTE });
    }
    made.replies.set(id, {
      id, client: talk.client, account: talk.account, conversation: talk.id, answers: talk.messages[0]!.author, answeredText: talk.messages[0]!.text,
      answeredBefore: state.state === 'waiting' && state.why.why === 'conflict' && state.why.conflict === 'edited' ? 'Bonjour, êtes-vous ouverts samedi ?' : null,
      text: thanks[talk.client]!, attachments: [], visibility: talk.visibility, state, writtenAt, sendAt: state.state === 'waiting' && state.why.why === 'scheduled' ? scheduled : null,
      sentAt: state.state === 'sent' ? made.now() - 9 * MINUTE : null, url: state.state === 'sent' ? 'https://social.exemple/r/1' : null, message: null, tries: 1,
    });
  });
  const half = open[3];
  if (half) half.draft = { text: 'Bonjour, nous regardons cela et', to: [], visibility: half.visibility, warning: null, template: null, sendAt: null, at: made.now() - 40 * MINUTE };
}

/** A bad evening: so many replies of one client that wait, some answered meanwhile. */
export function flood(made: World, client: number, count: number): void {
  const talks = [...made.talks.values()].filter((t) => t.client === client);
  for (let i = 0; i < count; i++) {
    const talk = talks[i % talks.length]!;
    made.replies.set(20_000 + i, {
      id: 20_000 + i, client, account: talk.account, conversation: talk.id, answers: talk.messages[0]!.author, answeredText: talk.messages[0]!.text, answeredBefore: null,
      text: thanks[client]!, attachments: [], visibility: talk.visibility, state: { state: 'waiting', why: { why: 'turn' } }, writtenAt: made.now() - (i % 9) * 3 * MINUTE,
      sendAt: null, sentAt: null, url: null, message: null, tries: 0,
    });
  }
}

/** A small generator of numbers from 0 to 1, the same for the same seed. */
function dice(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let n = Math.imul(a ^ (a >>> 15), 1 | a);
    n = (n + Math.imul(n ^ (n >>> 7), 61 | n)) ^ n;
    return ((n ^ (n >>> 14)) >>> 0) / 4_294_967_296;
  };
}
