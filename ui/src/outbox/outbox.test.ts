// The outbox as a person uses it, on the fake backend: its sections, what is done about one reply, leaving and coming back.
import { waitFor } from '@testing-library/svelte';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import type { ReplyView } from '../backend';
import { flood } from '../backend/fake/world';
import { place } from '../desk/place.svelte';
import { all, button, choose, eachOnItsOwn, find, heard, made, openOutbox, sectionIds, stored, toast } from '../tests/page';
import { PAGE, sectionOf, SECTIONS } from './replies.svelte';

eachOnItsOwn();

describe('the sections', () => {
  it('stand in the order of need, each reply where it belongs', async () => {
    await openOutbox();
    const names = all('.outbox section[aria-labelledby]').map((it) => it.getAttribute('aria-labelledby')!.replace('outbox-', ''));
    expect(names).toEqual(['look', 'approve', 'leaving', 'sent']);
    // One in conflict, one to sign in for, one refused, one unsure.
    expect(sectionIds('look').map((id) => stored(id).state.state).sort()).toEqual(['refused', 'unsure', 'waiting', 'waiting', 'waiting']);
    expect(sectionIds('approve').every((id) => stored(id).state.state === 'to_approve')).toBe(true);
  });

  it('name whoever wrote what is answered, and say where nobody knows', async () => {
    await openOutbox({}, (it) => { for (const reply of it.world.replies.values()) reply.answers = ''; });
    expect(all('.outbox .line .to').map((it) => it.textContent!.split('Auteur inconnu').length - 1)).toEqual(all('.outbox [data-reply]').map(() => 1));
    expect(find('.outbox .pick').getAttribute('aria-label')).toContain('Auteur inconnu');
    await waitFor(() => expect(all('.context figcaption').map((it) => it.textContent).join()).toContain('Auteur inconnu'));
    expect(find('.reply [aria-haspopup]').getAttribute('aria-label')).toContain('Auteur inconnu');
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
    await openOutbox();
    await waitFor(() => expect(find('[data-reply="502"] .context').textContent).toContain('a modifié son message'));
    // The text that was answered, then the one it is now.
    const texts = all('[data-reply="502"] .context blockquote').map((it) => it.textContent);
    expect(texts).toEqual([stored(502).answeredBefore, stored(502).answeredText]);
    expect(texts[0]).not.toBe(texts[1]);
    await waitFor(() => expect(find('[data-reply="508"] .context').textContent).toContain('À samedi'));
    expect(find('[data-reply="508"] .text').textContent).toBe(stored(508).text);
  });

  it('are of the client chosen alone', async () => {
    await openOutbox();
    all('.client .who')[0]!.click();
    await waitFor(() => expect(all('[data-reply]').length).toBeLessThan(10));
    expect(place.screen).toBe('outbox');
    expect(all('[data-reply]').every((it) => stored(Number(it.dataset['reply'])).client === 1)).toBe(true);
  });

  it('draw a first page of two thousand, and more when asked', async () => {
    await openOutbox({}, (it) => flood(it.world, 1, 2000));
    expect(all('[data-reply]')).toHaveLength(PAGE);
    find('.outbox .more').click();
    await waitFor(() => expect(all('[data-reply]')).toHaveLength(3 * PAGE));
  });
});

describe('one reply', () => {
  it('is taken back to be edited, where it was written', async () => {
    await openOutbox();
    const reply = stored(507);
    button('[data-reply="507"]', 'Modifier').click();
    await waitFor(() => expect(place.selected).toBe(reply.conversation));
    expect(stored(507).state.state).toBe('taken_back');
    await waitFor(() => expect(find<HTMLTextAreaElement>('textarea').value).toContain(reply.text));
    await waitFor(() => expect(document.activeElement).toBe(find('textarea')));
  });

  it('is approved, and can be taken back as long as it waits', async () => {
    await openOutbox();
    button('[data-reply="505"]', 'Valider').click();
    await waitFor(() => expect(stored(505).state.state).toBe('waiting'));
    await waitFor(() => expect(toast()).toContain('Réponse validée'));
    button('.toast', 'Reprendre').click();
    await waitFor(() => expect(stored(505).state.state).toBe('taken_back'));
    await waitFor(() => expect(toast()).toContain('revenu dans le brouillon'));
  });

  it('is given another instant, and its own again', async () => {
    await openOutbox();
    const before = stored(507).sendAt;
    find('[data-reply="507"] .state .glyph').nextElementSibling!.dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
    await waitFor(() => button('[data-reply="507"] [popover]', 'Envoyer plus tard').click());
    await waitFor(() => button('dialog', 'Dès que possible').click());
    await waitFor(() => expect(stored(507).sendAt).toBeNull());
    await waitFor(() => find('.toast .undo').click());
    await waitFor(() => expect(stored(507).sendAt).toBe(before));
  });

  it('that nobody can tell of is looked for again', async () => {
    await openOutbox();
    button('[data-reply="500"]', 'Chercher').click();
    await waitFor(() => expect(toast()).toContain('cherche'));
    expect(heard('retry')[0]!.args).toEqual({ replies: [500] });
  });

  it('that it is too late for says so', async () => {
    await openOutbox();
    stored(505).state = { state: 'sending' };
    button('[data-reply="505"]', 'Valider').click();
    await waitFor(() => expect(toast()).toContain('Trop tard'));
  });
});

describe('leaving', () => {
  it('with replies that wait is asked, and can be done', async () => {
    await openOutbox();
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
    await openOutbox({}, (it) => it.offline(true));
    place.screen = 'owed';
    await waitFor(() => expect(find('.status').textContent).toContain('Hors ligne'));
    made.offline(false);
    await waitFor(() => expect(toast()).toContain('2 réponses à regarder avant envoi'));
    button('.toast', 'Regarder').click();
    await waitFor(() => expect(place.screen).toBe('outbox'));
  });
});

describe('for everyone', () => {
  const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], rules: { 'color-contrast': { enabled: false } } };
  const offences = async () => (await axe.run(document.body, rules)).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 90)).join(' ; ')}`);

  it.each(['fr', 'en'] as const)('has names and roles, dialogs too (%s)', async (locale) => {
    await openOutbox({ app: { locale } }, (it) => { flood(it.world, 2, 3); it.world.holds.push({ id: 9001, target: { scope: 'client', client: 2 }, why: '', byProgram: true, at: Date.now(), released: false }); });
    choose('approve');
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
