// A backend that acts truly, in memory: for the component tests, and for looking at the interface in a plain browser.
//
// It keeps the core's promises that a person can see: acts are undone, drafts return, replies wait, leave, and wait
// for the network when it is cut. Time comes in by a door, so that a test can move it.
import type { AppView, Backend, Change, Contract, Problem, RefusalCode, Step } from '../index';
import { door } from './door';
import { outbox } from './outbox';
import { conversationOf, deskOf, idsOf, listOf, out, rowOf, searchOf } from './reads';
import { check, fill } from './texts';
import { world as made, type Act, type Talk, type World } from './world';

/** As over the real seam: by value, through JSON. */
const carried = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

export interface Fake extends Backend {
  world: World;
  app: AppView;
  /** Every command received, oldest first. */
  heard: { name: string; args: Record<string, unknown> }[];
  announce(change: Partial<Change>): void;
  offline(on: boolean): void;
  /** The window is being closed while so many replies wait. */
  close(waiting: number): void;
}

export interface Options { now?: () => number; size?: number; app?: Partial<AppView>; waits?: number }
type Commands = { [N in keyof Contract]: (args: Contract[N]['args']) => Contract[N]['returns'] };

/** The acts that the core can undo. */
const UNDOABLE = ['triage', 'edit_client', 'set_rules', 'hold', 'release', 'remove_account', 'send_reply', 'discard_draft', 'remove_template', 'add_items', 'teach', 'settle_published', 'settle_not_published', 'seen_outside'];

/** What the fake makes in turn, as the core writes one. */
const phrases = ['7QK2-M0RX-94TB-HZ8E-3VNC-D6YA-PW1S-J5GF', 'X4HD-2ZPC-8RNA-W6TE-0MKB-5SVQ-G1YJ-7F39'];

const fail = (problem: Problem): never => { throw problem; };

export function fake({ now = Date.now, size = 300, app: over = {}, waits = 0 }: Options = {}): Fake {
  const world = made(now, size);
  const listeners = new Set<(change: Change) => void>();
  const closers = new Set<(waiting: number) => void>();
  const app: AppView = {
    rehearsal: false, locale: 'fr', version: '0.1.0', firstStart: false, theme: 'system', singleKeys: true, demoOffline: false,
    inbox: { inbox: 'open' }, ...over,
  };
  if (app.firstStart) app.inbox = { inbox: 'not_yet' };
  if (app.firstStart) for (const list of [world.clients, world.accounts]) list.length = 0;
  if (app.firstStart) { world.talks.clear(); world.replies.clear(); }

  const whole = (change: Partial<Change>): Change => ({ conversations: [], replies: [], templates: false, desk: true, all: false, ...change });
  const announce = (part: Partial<Change>): Change => {
    const change = whole(part);
    // After the answer, as the shell's event comes.
    setTimeout(() => listeners.forEach((heard) => heard(change)), 0);
    return change;
  };
  const act = (what: string, change: Change, undo: Act['undo']) => {
    const id = ++world.ids;
    world.acts.push({ id, what, undo, undone: false });
    return { act: id, change };
  };
  const talk = (id: number) => world.talks.get(id) ?? fail({ problem: 'not_found' });

  const inside = door(world, { now, announce, act, fail });
  const replies = outbox(world, { now, announce, act, fail, talk });

  const commands: Commands = {
    desk: () => deskOf(world),
    list: ({ query, offset, limit }) => listOf(world, query, offset, limit),
    rows: ({ ids }) => ids.flatMap((id) => (world.talks.has(id) ? [rowOf(world, talk(id))] : [])),
    position_of: ({ query, id }) => { const at = idsOf(world, query).indexOf(id); return at < 0 ? null : at; },
    conversation: ({ id }) => conversationOf(world, id),
    opened: ({ id }) => {
      if (!talk(id).unread) return whole({ desk: false });
      talk(id).unread = false;
      return announce({ conversations: [id] });
    },
    triage: ({ ids, to }) => {
      const before = ids.map((id) => [id, talk(id).triage] as const);
      ids.forEach((id) => (talk(id).triage = to));
      return act('triage', announce({ conversations: ids }), () => {
        const same = before.filter(([id]) => talk(id).triage === to);
        same.forEach(([id, was]) => (talk(id).triage = was));
        return { conversations: same.map(([id]) => id), left: before.length - same.length };
      });
    },
    undo: ({ act: wanted }) => {
      const found = world.acts.findLast((a) => !a.undone && UNDOABLE.includes(a.what) && (wanted === null || a.id === wanted)) ?? fail({ problem: 'not_found' });
      found.undone = true;
      const { conversations, left } = found.undo();
      return { what: found.what, conversations, left, change: announce({ conversations, templates: true }) };
    },
    add_client: ({ name, color }) => {
      if (world.clients.some((c) => c.name === name)) fail({ problem: 'taken' });
      world.clients.push({ id: ++world.ids, name, letter: name.charAt(0).toUpperCase(), color, rules: { undoSeconds: 20, toApprove: false, hours: [] } });
      const first = app.firstStart;
      app.firstStart = false;
      app.inbox = { inbox: 'open' };
      announce({ all: first });
      return world.ids;
    },
    edit_client: ({ id, name, color }) => {
      const client = world.clients.find((c) => c.id === id) ?? fail({ problem: 'not_found' });
      const was = { ...client };
      Object.assign(client, { name, color, letter: name.charAt(0).toUpperCase() });
      return act('edit_client', announce({}), () => { Object.assign(client, was); return { conversations: [], left: 0 }; });
    },
    remove_account: ({ id }) => {
      const gone = world.accounts.splice(world.accounts.findIndex((a) => a.id === id), 1);
      return act('remove_account', announce({ all: true }), () => { world.accounts.push(...gone); return { conversations: [], left: 0 }; });
    },
    seen_outside: ({ account }) => {
      const trip = world.accounts.find((a) => a.id === account)?.roundTrip ?? fail({ problem: 'not_found' });
      if (trip.answered === null || trip.seen !== null) fail({ problem: 'too_late' });
      trip.seen = now();
      return act('seen_outside', announce({}), () => { trip.seen = null; return { conversations: [], left: 0 }; });
    },
    setting: ({ name }) => world.settings.get(name) ?? null,
    set_setting: ({ name, value }) => { world.settings.set(name, value); return null; },
    search: ({ text, limit, before }) => searchOf(world, text, limit, before),
    pull_now: () => { world.accounts.forEach((a) => (a.readUpTo = now())); announce({}); return null; },
    like: ({ message, on }) => toggle(message, 'like', (m) => (m.liked = on)),
    mute: ({ person, on }) => everyone(person, 'mute', (m) => (m.muted = on)),
    block: ({ person, on }) => everyone(person, 'block', (m) => (m.blocked = on)),
    report: () => act('report', whole({}), () => ({ conversations: [], left: 1 })),
    put: ({ message, to }) => toggle(message, 'put', (m, t) => {
      if (out(m.publication) !== out(to)) t.triage = { triage: out(to) ? 'done' : 'open' };
      m.publication = to;
    }),
    edit_own: ({ message, text }) => toggle(message, 'edit_own', (m) => Object.assign(m, { text, editedAt: now() })),
    delete_own: ({ message }) => toggle(message, 'delete_own', (m) => (m.gone = true)),
    dump: () => '',
    templates: ({ client }) => world.templates.filter((t) => client === null || !t.clients.length || t.clients.includes(client)).map((t) => ({ ...t })),
    save_template: ({ edit }) => {
      if (!/^[\p{L}\p{N}_-]+$/u.test(edit.code)) fail({ problem: 'invalid', field: 'code' });
      if (world.templates.some((t) => t.code === edit.code && t.id !== edit.id)) fail({ problem: 'taken' });
      const unknown = [...edit.text.matchAll(/\{\{\s*(\w+|[\p{L}]+)\s*\}\}/gu)].find((m) => !['prénom', 'prenom', 'nom', 'compte', 'client', 'réseau', 'lien'].includes(m[1]!));
      if (unknown) fail({ problem: 'template', line: edit.text.slice(0, unknown.index).split('\n').length, what: 'unknown_variable', name: unknown[1]! });
      const old = world.templates.find((t) => t.id === edit.id);
      const saved = { ...edit, id: old?.id ?? ++world.ids, version: (old?.version ?? 0) + 1, uses: old?.uses ?? 0, lastUsed: old?.lastUsed ?? null };
      world.templates = [...world.templates.filter((t) => t.id !== saved.id), saved];
      announce({ templates: true });
      return saved;
    },
    remove_template: ({ id }) => {
      const gone = world.templates.filter((t) => t.id === id);
      world.templates = world.templates.filter((t) => t.id !== id);
      return act('remove_template', announce({ templates: true }), () => { world.templates.push(...gone); return { conversations: [], left: 0 }; });
    },
    fill: ({ template, conversation, answers }) => fill(world, template, conversation, answers),
    check: ({ conversation, draft }) => check(world, conversation, draft),
    save_draft: ({ conversation, draft }) => {
      talk(conversation).draft = draft.text.trim() ? { ...draft, at: now() } : null;
      return announce({ conversations: [conversation] });
    },
    discard_draft: ({ conversation }) => {
      const was = talk(conversation).draft;
      talk(conversation).draft = null;
      return act('discard_draft', announce({ conversations: [conversation] }), () => { talk(conversation).draft ??= was; return { conversations: [conversation], left: 0 }; });
    },
    send_reply: ({ conversation, draft, thenDone }) => {
      const { leaks } = check(world, conversation, draft);
      if (leaks.length) fail({ problem: 'leaks', leaks });
      return replies.queue(conversation, draft, thenDone);
    },
    ...replies.commands,
    ...inside,
    recognise: (args) => (app.inbox.inbox === 'open' ? inside.recognise(args) : fail({ problem: 'opening' })),
    close: () => null,
    stay: () => null,
    backup: ({ file }) => ({ file, at: now(), size: 4_200_000 }),
    app: () => ({ ...app }),
    settled: () => null,
    set_preference: ({ name, value }) => {
      if (name === 'locale') app.locale = value === 'en' ? 'en' : 'fr';
      if (name === 'theme') app.theme = value as AppView['theme'];
      if (name === 'single_keys') app.singleKeys = value === 'on';
      announce({ all: true });
      return null;
    },
    reopen: () => {
      // A key that is missing stays missing; anything else may have passed.
      const closed = app.inbox.inbox === 'closed' ? app.inbox.problem : undefined;
      if (closed && ['passphrase', 'keychain', 'no_key'].includes(closed.problem)) fail(closed);
      app.inbox = { inbox: 'open' };
      announce({ all: true });
      return null;
    },
    unlock: ({ passphrase }) => {
      if (passphrase !== 'soirée') fail({ problem: 'passphrase', wrong: true });
      app.inbox = { inbox: 'open' };
      announce({ all: true });
      return null;
    },
    recover: ({ phrase }) => {
      const { kept } = world.recovery;
      if (kept === null) fail({ problem: 'not_found' });
      if (bare(phrase) !== kept) fail({ problem: 'passphrase', wrong: true });
      app.inbox = { inbox: 'open' };
      announce({ all: true });
      return null;
    },
    recovery_phrase: () => {
      const phrase = phrases[world.recovery.made++ % phrases.length]!;
      world.recovery.asked = bare(phrase);
      return phrase;
    },
    confirm_recovery: ({ phrase }) => {
      const { asked } = world.recovery;
      if (asked === null) fail({ problem: 'not_found' });
      if (bare(phrase) !== asked) fail({ problem: 'passphrase', wrong: true });
      Object.assign(world.recovery, { kept: asked, asked: null });
      announce({ all: true });
      return null;
    },
    has_recovery: () => world.recovery.kept !== null,
    start_rehearsal: () => { location.search = '?rehearsal'; return null; },
    rehearsal_offline: ({ on }) => { offline(on); return null; },
    networks: () => [{ name: 'mastodon', minutes: 1, approval: false, neverGives: ['unseen_replies', 'read_receipts', 'filtered_mentions'] }],
    login_start: () => ({ step: 'ask', fields: [{ name: 'server', kind: 'server' }] }),
    login_answer: ({ answer }): Step => {
      const { server, code }: Record<string, string> = answer.answer === 'fields' ? answer.values : {};
      const refused = (code: RefusalCode, said: string | null) => fail({ problem: 'network', fault: { fault: 'refused', reason: { code, said } } });
      if (server !== undefined && !server.includes('.')) refused('wrong_server', null);
      if (server !== undefined) return { step: 'open_browser', url: `https://${server}/oauth/authorize`, host: server, paste: [{ name: 'code', kind: 'line' }] };
      if (code !== undefined && code.trim().length < 6) refused('forbidden', 'The code is not valid');
      return { step: 'done' };
    },
    login_cancel: () => null,
    save_file: ({ message, url }) => {
      const found = [...world.talks.values()].flatMap((it) => it.messages).find((it) => it.id === message)?.attachments.find((it) => it.url === url);
      if (world.offline) fail({ problem: 'network', fault: { fault: 'offline', why: 'no_network' } });
      return found?.file?.name ?? fail({ problem: 'not_found' });
    },
    open_link: () => null,
  };

  type Message = ReturnType<typeof conversationOf>['messages'][number];
  function toggle(message: number, what: string, change: (m: Message, talk: Talk) => void) {
    const where = [...world.talks.values()].find((t) => t.messages.some((m) => m.id === message)) ?? fail({ problem: 'not_found' });
    where.messages.filter((m) => m.id === message).forEach((m) => change(m, where));
    return act(what, announce({ conversations: [where.id] }), () => ({ conversations: [], left: 1 }));
  }
  function everyone(person: number, what: string, change: (m: Message) => void) {
    const touched = [...world.talks.values()].filter((t) => t.messages.some((m) => m.person === person));
    touched.forEach((t) => t.messages.filter((m) => m.person === person).forEach(change));
    return act(what, announce({ conversations: touched.map((t) => t.id) }), () => ({ conversations: [], left: 1 }));
  }
  function offline(on: boolean) {
    world.offline = on;
    app.demoOffline = on;
    if (!on) for (const it of world.replies.values()) if (it.state.state === 'waiting' && it.state.why.why === 'network') replies.leave(it);
    announce({ all: true });
  }

  /** However it was typed, as the core reads it. */
  function bare(phrase: string) { return phrase.replace(/[\s-]/g, '').toUpperCase(); }

  const heard: Fake['heard'] = [];
  return {
    world, app, heard, offline, close: (waiting) => closers.forEach((heard) => heard(waiting)), announce: (change) => void announce(change),
    async call(name, args) {
      heard.push({ name, args });
      if (waits) await new Promise((go) => setTimeout(go, waits));
      const command = commands[name as keyof Contract] as ((args: unknown) => unknown) | undefined;
      if (!command) fail({ problem: 'invalid', field: name });
      // A copy: what crosses the real seam is never shared either.
      return carried(command?.(carried(args)));
    },
    changes(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    closing(listener) {
      closers.add(listener);
      return () => void closers.delete(listener);
    },
  };
}
