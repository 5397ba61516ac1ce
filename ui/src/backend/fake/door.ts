// The fake's door without a key: messages added by hand, and replies that only the CM publishes.
import type { Acted, Added, Change, Contract, FileRow, Mapping, MessageView, Problem, Recognised, ReplyView } from '../contract';
import type { Act, Talk, World } from './world';

export interface Tools {
  now: () => number;
  announce(part: Partial<Change>): Change;
  act(what: string, change: Change, undo: Act['undo']): Acted;
  fail(problem: Problem): never;
}

type Names = 'recognise' | 'add_by_hand' | 'mail_of' | 'teach' | 'hand_over' | 'look_at_file' | 'import_file';
type Commands = { [N in Names]: (args: Contract[N]['args']) => Contract[N]['returns'] };

const HOSTS: [RegExp, string][] = [[/(^|\.)facebook\.com$/, 'facebook'], [/(^|\.)instagram\.com$/, 'instagram'], [/(^|\.)(x|twitter)\.com$/, 'x']];

/** Whether what a conversation asks came without a key. */
export const byHand = (talk: Talk): boolean => (talk.messages.filter((m) => !m.ours && !m.gone).at(-1)?.route ?? 'api') !== 'api';

function recognised(link: string): Recognised | null {
  if (/\s/.test(link.trim()) || !link.includes('.')) return null;
  try {
    const url = new URL(link.includes('://') ? link : `https://${link}`);
    if (!url.protocol.startsWith('http') || !url.hostname.includes('.')) return null;
    const host = url.hostname.replace(/^(www|m)\./, '');
    return { network: HOSTS.find(([of]) => of.test(host))?.[1] ?? 'site', host, precise: /comment_id|status/.test(url.href) };
  } catch {
    return null;
  }
}

const tableOf = (bytes: string): string[][] => new TextDecoder().decode(Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))).trim().split('\n').map((line) => line.split(';'));

function rowOf(head: string[], line: string[], by: Mapping): FileRow {
  const at = (name: string | null) => (name === null ? '' : (line[head.indexOf(name)] ?? '').trim());
  const link = recognised(at(by.link)) ? at(by.link) : null;
  const wrong = !at(by.text) ? 'text' : !link && !by.of ? 'network' : null;
  return { network: link ? recognised(link)!.network : by.of, author: at(by.author) || null, text: wrong ? line.join(';') : at(by.text), at: null, link, rating: null, raw: false, wrong };
}

export function door(world: World, { now, announce, act, fail }: Tools) {
  const reply = (id: number) => world.replies.get(id) ?? fail({ problem: 'not_found' });

  const mailed = (id: number) => [...world.talks.values()].flatMap((talk) => talk.messages).find((it) => it.id === id && it.route === 'mail') ?? fail({ problem: 'not_found' });

  function accountOf(client: number, network: string): number {
    const known = world.accounts.find((a) => a.client === client && a.network === network && a.route !== 'api');
    if (known) return known.id;
    const owner = world.clients.find((c) => c.id === client) ?? fail({ problem: 'not_found' });
    const id = ++world.ids;
    world.accounts.push({
      ...world.accounts[0]!, id, client, network, route: 'hand', handle: owner.name, name: owner.name, health: { health: 'good' }, holes: [], unreadable: 0, readUpTo: null,
      capabilities: { ...world.accounts[0]!.capabilities!, like: false, mute: false, block: false, report: false, editOwn: false, deleteOwn: false, addresses: false, pictures: null, proof: { proof: 'none' } },
    });
    return id;
  }

  const commands: Commands = {
    recognise: ({ link }) => recognised(link),
    add_by_hand: ({ client, item }): Added => {
      const found = recognised(item.link) ?? fail({ problem: 'invalid', field: 'link' });
      if (!item.text.trim()) fail({ problem: 'invalid', field: 'text' });
      const same = [...world.talks.values()].find((t) => t.client === client && t.messages.some((m) => m.url === item.link && (found.precise || m.text === item.text.trim())));
      if (same) return { new: 0, known: 1, unreadable: 0, conversation: same.id, acted: { act: null, change: announce({}) } };
      const id = ++world.ids;
      const message: MessageView = {
        id: id * 100, person: id, author: item.author ?? '', handle: '', avatar: null, ours: false, at: item.at ?? now(), editedAt: null, text: item.text.trim(), links: [], warning: null,
        lang: null, url: item.link, visibility: null, publication: 'published', route: 'hand', raw: false, rating: null, attachments: [], liked: false, gone: false, depth: 0,
        authorMessages: 0, muted: false, blocked: false, reply: null,
      };
      world.talks.set(id, {
        id, client, account: accountOf(client, found.network), kind: 'comment', lang: null, visibility: null, post: null, messages: [message], triage: { triage: 'open' }, unread: true, draft: null,
        attachments: [],
      });
      const acted = act('add_items', announce({ conversations: [id], all: true }), () => { world.talks.delete(id); return { conversations: [], left: 0 }; });
      return { new: 1, known: 0, unreadable: 0, conversation: id, acted };
    },
    mail_of: ({ message }) => ({ text: mailed(message).text }),
    teach: ({ message, author, text }) => {
      const it = mailed(message);
      if (!it.raw) fail({ problem: 'too_late' });
      const before = { ...it };
      const part = (span: { start: number; end: number }) => before.text.slice(span.start, span.end).trim();
      Object.assign(it, { author: author ? part(author) : '', text: part(text), raw: false });
      const where = [...world.talks.values()].find((talk) => talk.messages.includes(it))!.id;
      const acted = act('teach', announce({ conversations: [where] }), () => { Object.assign(it, before); return { conversations: [where], left: 0 }; });
      return { learned: true, others: 0, acted };
    },
    look_at_file: ({ bytes, mapping }) => {
      const [head, ...lines] = tableOf(bytes);
      if (!head || head.length < 2) return fail({ problem: 'invalid', field: 'file' });
      const column = (...names: string[]) => head.find((it) => names.includes(it.toLowerCase())) ?? null;
      const by: Mapping = mapping ?? { text: column('texte', 'text'), author: column('auteur', 'author'), link: column('lien', 'link'), date: null, network: null, rating: null, of: null, dayFirst: true };
      const rows = lines.map((line) => rowOf(head, line, by));
      return { columns: head, mapping: by, rows: rows.slice(0, 5), total: rows.length, unreadable: rows.filter((it) => it.wrong !== null).length };
    },
    import_file: ({ client, bytes, mapping }) => {
      const [head, ...lines] = tableOf(bytes);
      const rows = lines.map((line) => rowOf(head!, line, mapping));
      const added = rows.filter((it) => it.wrong === null).map((it) => commands.add_by_hand({ client, item: { link: it.link!, text: it.text, author: it.author, at: it.at } }));
      const sum = (of: 'new' | 'known') => added.reduce((n, it) => n + it[of], 0);
      return { new: sum('new'), known: sum('known'), unreadable: rows.length - added.length, conversation: added[0]?.conversation ?? null, acted: act('add_items', announce({}), () => ({ conversations: [], left: 0 })) };
    },
    hand_over: ({ reply: id }) => {
      const it = reply(id);
      const held = world.holds.find((hold) => !hold.released && hold.target.scope === 'everything');
      if (held) return { given: false, copied: false, opened: false, reply: { ...it, state: { state: 'held', hold: { ...held, replies: 0 } } } };
      if (!['waiting', 'handed'].includes(it.state.state)) fail({ problem: 'too_late' });
      it.state = { state: 'handed' };
      announce({ conversations: [it.conversation], replies: [it.id] });
      const answered = world.talks.get(it.conversation)?.messages.findLast((m) => !m.ours);
      return { given: true, copied: true, opened: !!answered?.url, reply: { ...it } };
    },
  };
  return commands;
}

/** Their yes: a message of ours that only they have seen. Its conversation is filed, unless somebody wrote since. */
export function publish(world: World, it: ReplyView): void {
  const where = world.talks.get(it.conversation)!;
  const account = world.accounts.find((a) => a.id === it.account)!;
  const id = ++world.ids;
  if (!where.messages.some((m) => !m.ours && m.at > it.writtenAt)) where.triage = { triage: 'done' };
  where.messages.push({ ...where.messages[0]!, id, author: account.name, ours: true, text: it.text, at: world.now(), url: null, depth: 1, reply: null });
  Object.assign(it, { state: { state: 'sent', private: false, altered: false }, message: id, sentAt: world.now() });
}
