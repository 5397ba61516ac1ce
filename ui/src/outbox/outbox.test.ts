// The outbox as a person uses it, on the fake backend: sections, acts on one and on many, holds and their release.
import { cleanup, configure, render, waitFor } from '@testing-library/svelte';
import axe from 'axe-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import App from '../App.svelte';
import { use, type ReplyView } from '../backend';
import { fake, type Fake, type Options } from '../backend/fake';
import { flood } from '../backend/fake/world';
import { shown } from '../conversation/shown.svelte';
import { place, reset } from '../desk/place.svelte';
import { toasts } from '../parts/toasts.svelte';
import { PAGE, replies, sectionOf, SECTIONS } from './replies.svelte';

// A busy machine is slow, not wrong.
vi.setConfig({ testTimeout: 30_000 });
configure({ asyncUtilTimeout: 8_000 });

let made: Fake;
const find = <E extends Element = HTMLElement>(selector: string): E => {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
const heard = (name: string) => made.heard.filter((it) => it.name === name);
const button = (within: string, text: string): HTMLElement => {
  const found = all(`${within} button`).find((it) => it.textContent?.trim().startsWith(text));
  if (!found) throw new Error(`no button ${text} in ${within}`);
  return found;
};
const toast = () => all('.toast').map((it) => it.textContent).join(' ');
const stored = (id: number) => made.world.replies.get(id)!;
const section = (name: string) => find(`[aria-labelledby="outbox-${name}"]`);
const sectionIds = (name: string) => [...section(name).querySelectorAll<HTMLElement>('[data-reply]')].map((it) => Number(it.dataset['reply']));

function press(key: string, over: KeyboardEventInit = {}) {
  (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...over }));
}

async function open(options: Options = {}, before: (made: Fake) => void = () => {}) {
  made = fake(options);
  before(made);
  use(made);
  render(App);
  await waitFor(() => find('[role=grid]'));
  press('5');
  await waitFor(() => find('[data-reply]'));
}

beforeEach(() => { reset(); shown.reset(); replies.clear(); toasts.shown = []; });
afterEach(cleanup);

describe('the sections', () => {
  it('stand in the order of need, each reply where it belongs', async () => {
    await open();
    const names = all('.outbox section[aria-labelledby]').map((it) => it.getAttribute('aria-labelledby')!.replace('outbox-', ''));
    expect(names).toEqual(['look', 'approve', 'leaving', 'sent']);
    // One in conflict, one to sign in for, one refused, one unsure.
    expect(sectionIds('look').map((id) => stored(id).state.state).sort()).toEqual(['refused', 'unsure', 'waiting', 'waiting', 'waiting']);
    expect(sectionIds('approve').every((id) => stored(id).state.state === 'to_approve')).toBe(true);
  });

  it('know every state', () => {
    const of = (state: unknown) => sectionOf({ state } as ReplyView);
    expect(of({ state: 'waiting', why: { why: 'login' } })).toBe('look');
    expect(of({ state: 'waiting', why: { why: 'network' } })).toBe('leaving');
    expect(of({ state: 'waiting', why: { why: 'scheduled', at: 1 } })).toBe('leaving');
    expect(of({ state: 'held' })).toBe('held');
    expect(of({ state: 'sending' })).toBe('leaving');
    expect(SECTIONS.indexOf(of({ state: 'unsure' }))).toBe(0);
  });

  it('show what is in conflict beside what it answers, or who answered', async () => {
    await open();
    await waitFor(() => expect(find('[data-reply="502"] .context').textContent).toContain('a modifié son message'));
    expect(find('[data-reply="502"] blockquote').textContent).toBe(stored(502).answeredText);
    await waitFor(() => expect(find('[data-reply="508"] .context').textContent).toContain('À samedi'));
    expect(find('[data-reply="508"] .text').textContent).toBe(stored(508).text);
  });

  it('are of the client chosen alone', async () => {
    await open();
    place.client = 1;
    await waitFor(() => expect(all('[data-reply]').length).toBeLessThan(10));
    expect(all('[data-reply]').every((it) => stored(Number(it.dataset['reply'])).client === 1)).toBe(true);
  });

  it('draw a first page of two thousand, and more when asked', async () => {
    await open({}, (it) => flood(it.world, 1, 2000));
    expect(all('[data-reply]')).toHaveLength(PAGE);
    find('.outbox .more').click();
    await waitFor(() => expect(all('[data-reply]')).toHaveLength(3 * PAGE));
  });
});

describe('one reply', () => {
  it('is taken back to be edited, where it was written', async () => {
    await open();
    const reply = stored(507);
    button('[data-reply="507"]', 'Modifier').click();
    await waitFor(() => expect(place.selected).toBe(reply.conversation));
    expect(stored(507).state.state).toBe('taken_back');
    await waitFor(() => expect(find<HTMLTextAreaElement>('textarea').value).toContain(reply.text));
    await waitFor(() => expect(document.activeElement).toBe(find('textarea')));
  });

  it('is approved, and can be taken back as long as it waits', async () => {
    await open();
    button('[data-reply="505"]', 'Valider').click();
    await waitFor(() => expect(stored(505).state.state).toBe('waiting'));
    await waitFor(() => expect(toast()).toContain('Réponse validée'));
    button('.toast', 'Reprendre').click();
    await waitFor(() => expect(stored(505).state.state).toBe('taken_back'));
    await waitFor(() => expect(toast()).toContain('revenu dans le brouillon'));
  });

  it('is given another instant, and its own again', async () => {
    await open();
    const before = stored(507).sendAt;
    find('[data-reply="507"] .state .glyph').nextElementSibling!.dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
    await waitFor(() => button('[data-reply="507"] [popover]', 'Envoyer plus tard').click());
    await waitFor(() => button('dialog', 'Dès que possible').click());
    await waitFor(() => expect(stored(507).sendAt).toBeNull());
    await waitFor(() => find('.toast .undo').click());
    await waitFor(() => expect(stored(507).sendAt).toBe(before));
  });

  it('that nobody can tell of is looked for again', async () => {
    await open();
    button('[data-reply="500"]', 'Chercher').click();
    await waitFor(() => expect(toast()).toContain('cherche'));
    expect(heard('retry')[0]!.args).toEqual({ replies: [500] });
  });

  it('that it is too late for says so', async () => {
    await open();
    stored(505).state = { state: 'sending' };
    button('[data-reply="505"]', 'Valider').click();
    await waitFor(() => expect(toast()).toContain('Trop tard'));
  });
});

describe('a selection', () => {
  const boxes = () => all('.pick') as HTMLInputElement[];

  it('is made by keys: j, k, x, and a range with Shift', async () => {
    await open();
    press('j');
    expect(document.activeElement).toBe(boxes()[0]);
    press('x');
    press('j');
    press('j');
    press('k');
    press('j');
    expect([...replies.chosen.keys()]).toEqual([Number(all('[data-reply]')[0]!.dataset['reply'])]);
    press('X', { shiftKey: true });
    expect(replies.chosen.size).toBe(3);
    press('Escape');
    expect(replies.chosen.size).toBe(0);
    expect(place.screen).toBe('outbox');
  });

  it('is made by a click, and a range by a click with Shift', async () => {
    await open();
    const click = (index: number, shiftKey = false) => boxes()[index]!.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, shiftKey }));
    click(0);
    click(3, true);
    await waitFor(() => expect(replies.chosen.size).toBe(4));
    await waitFor(() => expect(boxes().filter((it) => it.checked)).toHaveLength(4));
  });

  it('counts those that it was too late for', async () => {
    await open();
    const ids = sectionIds('approve');
    expect(ids.length).toBeGreaterThan(1);
    section('approve').querySelector<HTMLElement>('header input')!.click();
    await waitFor(() => expect(find('.bar').textContent).toContain(`${ids.length} choisies`));
    // Gone between the look and the act.
    stored(ids[0]!).state = { state: 'sending' };
    button('.bar', 'Valider').click();
    await waitFor(() => expect(toast()).toContain('Réponse validée'));
    expect(toast()).toContain('Trop tard pour 1 réponse');
    expect(heard('approve')).toHaveLength(1);
    expect(heard('approve')[0]!.args).toEqual({ replies: ids });
    expect(document.querySelector('.bar')).toBeNull();
  });

  it('says for how many an act is, and leaves the others alone', async () => {
    await open();
    section('look').querySelector<HTMLElement>('header input')!.click();
    await waitFor(() => find('.bar'));
    expect(button('.bar', 'Réessayer').textContent).toMatch(/1$/);
    button('.bar', 'Réessayer').click();
    await waitFor(() => expect(heard('retry')).toHaveLength(1));
    expect(heard('retry')[0]!.args).toEqual({ replies: [501] });
  });

  it('is held, reply by reply or as one incident', async () => {
    await open();
    section('leaving').querySelector<HTMLElement>('header input')!.click();
    await waitFor(() => find('.bar'));
    const ids = sectionIds('leaving');
    const choose = async (text: string) => {
      find('.bar [popover]').dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
      await waitFor(() => find('.bar [role=menuitem]'));
      button('.bar [popover]', text).click();
    };
    await choose('Un incident');
    const name = await waitFor(() => find<HTMLInputElement>('form#hold input'));
    const submit = () => find<HTMLFormElement>('form#hold').dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
    submit();
    await waitFor(() => expect(find('form#hold .wrong').textContent).toContain('un nom'));
    name.value = 'Grève';
    name.dispatchEvent(new Event('input', { bubbles: true }));
    submit();
    await waitFor(() => expect(heard('hold')).toHaveLength(1));
    expect(heard('hold')[0]!.args['targets']).toEqual([{ scope: 'incident', name: 'Grève', conversations: ids.map((id) => stored(id).conversation) }]);
    await waitFor(() => expect(sectionIds('held')).toEqual(ids));
  });

  it('takes a section whole, with what is not drawn', async () => {
    await open({}, (it) => flood(it.world, 1, 600));
    section('leaving').querySelector<HTMLElement>('header input')!.click();
    await waitFor(() => expect(replies.chosen.size).toBe(602));
    expect(all('[data-reply]')).toHaveLength(PAGE);
    button('.bar', 'Reprendre').click();
    await waitFor(() => expect((heard('take_back')[0]?.args['replies'] as number[]).length).toBe(602));
  });
});

describe('holds', () => {
  const hold = (it: Fake) => it.world.holds.push({ id: 9001, target: { scope: 'client', client: 2 }, why: 'On attend', byProgram: false, at: Date.now() - 60_000, released: false });
  const held = (it: Fake) => { flood(it.world, 2, 4); hold(it); };

  it('are placed by one key, asked once, and stay in sight', async () => {
    await open();
    press('!');
    await waitFor(() => find('dialog form#hold'));
    expect(heard('hold')).toHaveLength(0);
    find<HTMLFormElement>('form#hold').dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
    await waitFor(() => expect(heard('hold')).toHaveLength(1));
    expect(heard('hold')[0]!.args).toEqual({ targets: [{ scope: 'everything' }], why: '' });
    await waitFor(() => expect(find('nav .holding').textContent).toMatch(/1 suspension, \d+ réponses/));
    await waitFor(() => expect(sectionIds('held').length).toBeGreaterThan(0));
    press('z');
    await waitFor(() => expect(document.querySelector('nav .holding')).toBeNull());
  });

  it('say why, and show what went stale before they are released', async () => {
    await open({}, held);
    expect(find('.holds').textContent).toContain('On attend');
    expect(find('[data-reply="20000"] .state').textContent).toContain('On attend');
    button('.holds', 'Libérer').click();
    await waitFor(() => find('dialog li'));
    const lines = all('dialog li').map((it) => it.textContent ?? '');
    const stale = lines.map((it) => /modifié|répondu|retiré/.test(it));
    expect(stale[0]).toBe(true);
    // None after one that is not.
    expect(stale.lastIndexOf(true)).toBeLessThan(stale.includes(false) ? stale.indexOf(false) : stale.length);
    expect(heard('release')).toHaveLength(0);
  });

  it('keep back what is not let go, before the rest leaves', async () => {
    await open({}, held);
    button('.holds', 'Libérer').click();
    await waitFor(() => find('dialog li'));
    const kept = all('dialog li').filter((it) => /modifié|répondu|retiré/.test(it.textContent ?? '')).length;
    button('dialog', 'Garder suspendu').click();
    await waitFor(() => expect(find('dialog footer').textContent).toContain(kept === 1 ? 'reste suspendue' : 'restent suspendues'));
    button('dialog footer', 'Libérer').click();
    await waitFor(() => expect(heard('release')).toHaveLength(1));
    const order = made.heard.filter((it) => it.name === 'hold' || it.name === 'release');
    expect(order.map((it) => it.name)).toEqual(['hold', 'release']);
    expect(order[0]!.args['targets']).toHaveLength(kept);
    await waitFor(() => expect(made.world.holds.find((it) => it.id === 9001)?.released).toBe(true));
    await waitFor(() => expect(place.dialog).toBeNull());
  });

  it('are told in the composer', async () => {
    await open({}, held);
    const talk = [...made.world.talks.values()].find((it) => it.client === 2 && it.triage.triage === 'open')!;
    place.screen = 'all';
    place.selected = talk.id;
    await waitFor(() => expect(find('.compose .leaks').textContent).toContain('Théâtre des Quais'));
  });
});

describe('leaving', () => {
  it('with replies that wait is asked, and can be done', async () => {
    await open();
    made.close(3);
    await waitFor(() => expect(find('dialog').textContent).toContain('3 réponses n’ont pas encore quitté'));
    button('dialog', 'Rester').click();
    await waitFor(() => expect(document.querySelector('dialog')).toBeNull());
    expect(heard('close')).toHaveLength(0);
    made.close(1);
    await waitFor(() => expect(find('dialog').textContent).toContain('1 réponse n’a pas'));
    button('dialog', 'Fermer quand même').click();
    await waitFor(() => expect(heard('close')).toHaveLength(1));
  });
});

describe('back online', () => {
  it('says once which replies no longer fit, and leads to them', async () => {
    await open({}, (it) => it.offline(true));
    place.screen = 'owed';
    await waitFor(() => expect(find('.status').textContent).toContain('Hors ligne'));
    made.offline(false);
    await waitFor(() => expect(toast()).toContain('2 réponses à regarder avant envoi'));
    button('.toast', 'Regarder').click();
    await waitFor(() => expect(place.screen).toBe('outbox'));
  });
});

describe('writing', () => {
  const area = () => find<HTMLTextAreaElement>('textarea');
  async function write(client: number) {
    const talk = [...made.world.talks.values()].find((it) => it.client === client && it.triage.triage === 'open' && !it.draft)!;
    place.screen = 'owed';
    place.selected = talk.id;
    await waitFor(() => expect(shown.view?.row.id).toBe(talk.id));
    await waitFor(area);
    area().focus();
    area().value = 'Bonjour, nous regardons.';
    area().dispatchEvent(new Event('input', { bubbles: true }));
    return talk;
  }

  it('leaves at the instant chosen, which is shown and can be cleared', async () => {
    await open();
    const talk = await write(2);
    button('.both', 'Envoyer plus tard').click();
    find('.both [popover]').dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
    await waitFor(() => find('.both [role=menuitem]'));
    all('.both [role=menuitem]')[1]!.click();
    await waitFor(() => expect(find('.plan').textContent).toContain('demain à 9'));
    expect(find('.send').textContent).toContain('Programmer');
    find('.plan button').click();
    await waitFor(() => expect(document.querySelector('.plan')).toBeNull());
    find('.both [popover]').dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
    await waitFor(() => find('.both [role=menuitem]'));
    all('.both [role=menuitem]')[0]!.click();
    await waitFor(() => find('.plan'));
    area().focus();
    press('Enter', { ctrlKey: true });
    await waitFor(() => expect(heard('send_reply')).toHaveLength(1));
    const { sendAt } = heard('send_reply')[0]!.args['draft'] as { sendAt: number };
    expect(sendAt).toBeGreaterThan(Date.now() + 3_000_000);
    expect([...made.world.replies.values()].find((it) => it.conversation === talk.id && it.sendAt === sendAt)?.state).toMatchObject({ why: { why: 'scheduled' } });
  });

  it('is proposed where the client wants a yes', async () => {
    await open({}, (it) => { it.world.clients.find((c) => c.id === 2)!.rules = { undoSeconds: 20, toApprove: true, hours: [] }; });
    const talk = await write(2);
    expect(find('.send').textContent).toContain('Proposer');
    press('Enter', { ctrlKey: true });
    await waitFor(() => expect(toast()).toContain('proposée'));
    expect([...made.world.replies.values()].findLast((it) => it.conversation === talk.id)?.state.state).toBe('to_approve');
  });

  it('takes pictures, asks for their words, and refuses what the network would', async () => {
    await open();
    const talk = await write(2);
    const give = (...files: File[]) => {
      const chooser = find<HTMLInputElement>('.compose input[type=file]');
      Object.defineProperty(chooser, 'files', { value: files, configurable: true });
      chooser.dispatchEvent(new Event('change', { bubbles: true }));
    };
    const png = () => new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10])], 'plan.png', { type: 'image/png' });
    give(new File(['x'], 'notes.pdf', { type: 'application/pdf' }));
    await waitFor(() => expect(toast()).toContain('notes.pdf'));
    expect(heard('attach')).toHaveLength(0);
    give(png());
    await waitFor(() => expect(talk.attachments).toHaveLength(1));
    await waitFor(() => expect(find('.compose li small').textContent).toContain('Il manque une description'));
    const alt = find<HTMLInputElement>('.compose li .input');
    alt.value = 'Le plan du parking';
    alt.dispatchEvent(new Event('input', { bubbles: true }));
    await waitFor(() => expect(talk.attachments[0]?.alt).toBe('Le plan du parking'));
    expect(find('.compose li small').textContent).toBe('');
    give(png(), png(), png(), png());
    await waitFor(() => expect(toast()).toContain('4 images'));
    expect(talk.attachments).toHaveLength(4);
    find('.compose li .glyph').click();
    await waitFor(() => expect(talk.attachments).toHaveLength(3));
  });
});

describe('a client', () => {
  it('keeps its rules, all undone at once', async () => {
    await open();
    place.dialog = { name: 'client', id: 2 };
    await waitFor(() => find('form#client'));
    const checks = all('form#client section .check input') as HTMLInputElement[];
    checks[0]!.click();
    checks[1]!.click();
    await waitFor(() => find('.week .input'));
    find<HTMLFormElement>('form#client').dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
    await waitFor(() => expect(heard('set_rules')).toHaveLength(1));
    const { rules } = made.world.clients.find((c) => c.id === 2)!;
    expect(rules.toApprove).toBe(true);
    expect(rules.hours).toHaveLength(5);
    expect(heard('edit_client')).toHaveLength(0);
    await waitFor(() => expect(toast()).toContain('Client modifié'));
    find('.toast .undo').click();
    await waitFor(() => expect(made.world.clients.find((c) => c.id === 2)!.rules.toApprove).toBe(false));
  });

  it('is not saved with hours that make no sense', async () => {
    await open();
    place.dialog = { name: 'client', id: 2 };
    await waitFor(() => find('form#client'));
    (all('form#client section .check input') as HTMLInputElement[])[1]!.click();
    const field = await waitFor(() => find<HTMLInputElement>('.week .input'));
    field.value = '23h';
    field.dispatchEvent(new Event('input', { bubbles: true }));
    find<HTMLFormElement>('form#client').dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
    await waitFor(() => expect(find('form#client section .wrong').textContent).toContain('finit avant'));
    expect(heard('set_rules')).toHaveLength(0);
  });
});

describe('for everyone', () => {
  const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], rules: { 'color-contrast': { enabled: false } } };
  const offences = async () => (await axe.run(document.body, rules)).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 90)).join(' ; ')}`);

  it.each(['fr', 'en'] as const)('has names and roles, dialogs too (%s)', async (locale) => {
    await open({ app: { locale } }, (it) => { flood(it.world, 2, 3); it.world.holds.push({ id: 9001, target: { scope: 'client', client: 2 }, why: '', byProgram: true, at: Date.now(), released: false }); });
    section('approve').querySelector<HTMLElement>('header input')!.click();
    await waitFor(() => find('.bar'));
    expect(await offences()).toEqual([]);
    for (const dialog of [
      { name: 'hold', targets: [{ scope: 'incident', name: '', conversations: [1] }] }, { name: 'client', id: 2 }, { name: 'closing', waiting: 2 },
      { name: 'when', at: null, opensAt: Date.now() + 1e6, soon: true, choose: () => {} },
    ] as const) {
      place.dialog = dialog as unknown as typeof place.dialog;
      await waitFor(() => find('dialog'));
      expect(await offences()).toEqual([]);
      place.dialog = null;
      await waitFor(() => expect(document.querySelector('dialog')).toBeNull());
    }
  }, 120_000);
});
