// The desk as a person uses it, by keyboard, on the fake backend.
import { render, waitFor } from '@testing-library/svelte';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import App from '../App.svelte';
import { use } from '../backend';
import { fake, type Fake, type Options } from '../backend/fake';
import { shown } from '../conversation/shown.svelte';
import { eachOnItsOwn } from '../tests/page';
import { place } from './place.svelte';

let made: Fake;
const find = <E extends Element = HTMLElement>(selector: string): E => {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
const area = () => find<HTMLTextAreaElement>('textarea');
const heard = (name: string) => made.heard.filter((it) => it.name === name);

function press(key: string, over: KeyboardEventInit = {}) {
  const target = document.activeElement ?? document.body;
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...over }));
}

function type(text: string) {
  area().focus();
  area().value = text;
  area().setSelectionRange(text.length, text.length);
  area().dispatchEvent(new Event('input', { bubbles: true }));
}

async function open(options: Options = {}) {
  made = fake(options);
  use(made);
  render(App);
  if (!options.app?.firstStart && options.size !== 0 && !options.app?.inbox) await waitFor(() => find('[role=row][data-conversation]'));
}

/** The list opens on its first conversation. */
async function first() {
  await waitFor(() => expect(place.selected).not.toBeNull());
  await waitFor(() => expect(shown.view?.row.id).toBe(place.selected));
  await waitFor(area);
  return place.selected!;
}

eachOnItsOwn();

describe('the list', () => {
  it('draws only the rows in view, and says how many there are', async () => {
    await open();
    const total = Number(find('[role=grid]').getAttribute('aria-rowcount'));
    expect(total).toBeGreaterThan(100);
    expect(document.querySelectorAll('[role=row]').length).toBeLessThan(40);
  });

  it('goes down and up, and carries the focus along', async () => {
    await open();
    const one = await first();
    await waitFor(() => expect(document.activeElement?.getAttribute('data-conversation')).toBe(String(one)));
    press('j');
    await waitFor(() => expect(place.selected).not.toBe(one));
    await waitFor(() => expect(document.activeElement?.getAttribute('data-conversation')).toBe(String(place.selected)));
    press('k');
    await waitFor(() => expect(place.selected).toBe(one));
  });

  it('moves on to the next row when one is filed, and undo brings it back', async () => {
    await open();
    const one = await first();
    const next = document.querySelector('[aria-rowindex="2"]')?.getAttribute('data-conversation');
    press('e');
    await waitFor(() => expect(document.querySelector(`[data-conversation="${one}"]`)).toBeNull());
    expect(String(place.selected)).toBe(next);
    await waitFor(() => expect(document.activeElement?.getAttribute('data-conversation')).toBe(next));
    press('z');
    await waitFor(() => expect(place.selected).toBe(one));
    await waitFor(() => expect(find('.toast').textContent).toContain('Annulé'));
    expect(made.world.talks.get(one)?.triage.triage).toBe('open');
  });

  it('says what an undo left as it was', async () => {
    await open();
    const one = await first();
    press('e');
    await waitFor(() => expect(made.world.talks.get(one)?.triage.triage).toBe('done'));
    made.world.talks.get(one)!.triage = { triage: 'later', until: null };
    press('z');
    await waitFor(() => expect(find('.toast').textContent).toContain('1 chose avait changé'));
  });

  it('says calmly that nothing is left', async () => {
    await open({ size: 0 });
    await waitFor(() => expect(document.body.textContent).toContain('Tout est répondu'));
  });
});

describe('writing', () => {
  it('takes no letter for a command', async () => {
    await open();
    const one = await first();
    area().focus();
    for (const key of ['j', 'e', 'z', '?', '1']) press(key);
    expect(place.selected).toBe(one);
    expect(heard('triage')).toHaveLength(0);
    expect(place.dialog).toBeNull();
  });

  it('keeps the draft once the hand pauses, not at every letter', async () => {
    await open();
    const one = await first();
    for (const text of ['B', 'Bo', 'Bon', 'Bonjour']) type(text);
    expect(heard('save_draft')).toHaveLength(0);
    await waitFor(() => expect(made.world.talks.get(one)?.draft?.text).toBe('Bonjour'));
    expect(heard('save_draft')).toHaveLength(1);
  });

  it('keeps it at once when one leaves', async () => {
    await open();
    const one = await first();
    type('À moitié');
    area().blur();
    press('j');
    await waitFor(() => expect(place.selected).not.toBe(one));
    await waitFor(() => expect(made.world.talks.get(one)?.draft?.text).toBe('À moitié'));
  });

  it('counts as the network counts, and blocks what leaks', async () => {
    await open();
    await first();
    type('Allez voir chez Boulangerie Perrin et Les Vélos d’Anjou [à compléter]');
    await waitFor(() => expect(find('.leaks').textContent).toContain('à compléter'));
    expect(find('.leaks').textContent).toContain('autre client');
    expect(document.querySelectorAll('mark.leak').length).toBeGreaterThan(1);
    expect(find('.left').textContent).toMatch(/\d+ restants/);
    expect(find('.send').getAttribute('aria-disabled')).toBe('true');
    press('Enter', { ctrlKey: true });
    await waitFor(() => expect(heard('check').length).toBeGreaterThan(1));
    expect(heard('send_reply')).toHaveLength(0);
  });

  it('fills a template, asks its question, sends, files and goes on', async () => {
    await open();
    const one = await first();
    press('Escape');
    press('t');
    await waitFor(() => expect(document.activeElement).toBe(area()));
    type('/pmr');
    await waitFor(() => find('[role=option][aria-selected=true]'));
    press('Enter');
    await waitFor(() => expect(area().value).toMatch(/^Bonsoir Hugo, .*\[heure d’arrivée\]/));
    expect([...document.querySelectorAll('mark.filled')].map((it) => it.textContent)).toContain('Hugo');
    const question = find<HTMLInputElement>('.questions input');
    question.value = '17 h 30';
    question.dispatchEvent(new Event('input', { bubbles: true }));
    find<HTMLFormElement>('form.questions').dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
    await waitFor(() => expect(area().value).toContain(': 17 h 30.'));
    await waitFor(() => expect(find('.send').getAttribute('aria-disabled')).toBe('false'));
    area().focus();
    press('Enter', { ctrlKey: true });
    await waitFor(() => expect(heard('send_reply')).toHaveLength(1));
    expect(heard('send_reply')[0]?.args).toMatchObject({ conversation: one, thenDone: true, draft: { template: { id: 3 } } });
    await waitFor(() => expect(place.selected).not.toBe(one));
    expect(made.world.talks.get(one)?.draft).toBeNull();
  });

  it('offers nothing wider than what is answered', async () => {
    await open();
    await first();
    const [talk] = [...made.world.talks.values()].filter((it) => it.visibility === 'followers' && it.triage.triage === 'open');
    place.selected = talk!.id;
    await waitFor(() => expect(shown.view?.row.id).toBe(talk!.id));
    find('.to [popover]').dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
    await waitFor(() => expect(document.querySelectorAll('.to [role=menuitemradio]').length).toBe(2));
  });
});

describe('screens', () => {
  const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], rules: { 'color-contrast': { enabled: false } } };
  async function offences() {
    const { violations } = await axe.run(document.body, rules);
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 90)).join(' ; ')}`);
  }

  it.each(['fr', 'en'] as const)('have names and roles (%s)', async (locale) => {
    await open({ app: { locale, rehearsal: true } });
    await first();
    expect(await offences()).toEqual([]);
    for (const key of ['5', '4', '2']) {
      press('Escape');
      press(key);
      await waitFor(() => find('[aria-current=page]'));
      expect(await offences()).toEqual([]);
    }
    place.screen = 'templates';
    await waitFor(() => find('.one'));
    expect(await offences()).toEqual([]);
    // The whole page is walked five times: slow where no browser does it.
  }, 120_000);

  it('offer two ways at the first start', async () => {
    await open({ app: { firstStart: true } });
    await waitFor(() => expect(document.querySelectorAll('main button')).toHaveLength(2));
    expect(await offences()).toEqual([]);
  }, 60_000);

  it('say why the inbox stays closed, and take a passphrase', async () => {
    await open({ app: { inbox: { inbox: 'closed', made: true, problem: { problem: 'passphrase', wrong: false } } } });
    const field = await waitFor(() => find<HTMLInputElement>('input[type=password]'));
    const answer = (text: string) => {
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
      find('form').dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
    };
    answer('faux');
    await waitFor(() => expect(find('[role=alert]').textContent).toContain('pas la bonne'));
    answer('soirée');
    await waitFor(() => find('[role=grid]'));
  });

  it('open the inbox again on request, once what held it is gone', async () => {
    await open({ app: { inbox: { inbox: 'closed', made: true, problem: { problem: 'busy' } } } });
    const button = await waitFor(() => find('main button'));
    button.click();
    await waitFor(() => find('[role=grid]'));
  });

  it('show both texts of an unsure reply, and take the person’s word', async () => {
    await open();
    press('5');
    const button = await waitFor(() => find('.candidate button'));
    const reply = [...made.world.replies.values()].find((it) => it.state.state === 'unsure')!;
    expect(find('.reply').textContent).toContain(reply.text);
    button.click();
    await waitFor(() => expect(made.world.replies.get(reply.id)?.state.state).toBe('sent'));
    expect(heard('settle')[0]?.args).toMatchObject({ replies: [reply.id], word: { word: 'is_there' } });
  });
});
