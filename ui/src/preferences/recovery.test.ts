// The recovery phrase as a person meets it: offered, shown, asked back, and given on the day the key is lost.
import { cleanup, render, waitFor } from '@testing-library/svelte';
import axe from 'axe-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import App from '../App.svelte';
import { use, type AppView } from '../backend';
import { fake, type Fake } from '../backend/fake';
import { ask, place, reset } from '../desk/place.svelte';
import { toasts } from '../parts/toasts.svelte';

let made: Fake;
const look = (selector: string) => document.querySelector<HTMLElement>(selector);
const find = <E extends HTMLElement = HTMLElement>(selector: string): E => {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
const heard = (name: string) => made.heard.filter((it) => it.name === name);
const groups = () => [...document.querySelectorAll('dialog ol li')].map((it) => it.textContent);
const next = () => find('dialog footer .primary');

async function open(app: Partial<AppView> = {}, change: (made: Fake) => void = () => {}) {
  made = fake({ app });
  change(made);
  use(made);
  render(App);
  if (!app.inbox) await waitFor(() => find('[role=row][data-conversation]'));
}

function answer(field: HTMLInputElement, text: string) {
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.form!.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
}

async function shownPhrase() {
  ask({ name: 'recovery' });
  await waitFor(() => expect(groups()).toHaveLength(8));
  return groups().join('-');
}

beforeEach(() => { reset(); toasts.shown = []; });
afterEach(cleanup);

describe('the dialog', () => {
  it('shows the phrase, asks it back, and keeps only the right one', async () => {
    await open();
    const phrase = await shownPhrase();
    next().click();
    const field = await waitFor(() => find<HTMLInputElement>('dialog input'));
    expect(find('dialog').textContent).not.toContain(phrase.slice(0, 4));
    expect(document.activeElement).toBe(field);
    answer(field, 'AAAA BBBB');
    await waitFor(() => expect(find('dialog [role=alert]').textContent).toContain('Ce n’est pas la phrase'));
    expect(made.world.recovery.kept).toBeNull();
    answer(field, phrase.toLowerCase().replaceAll('-', ' '));
    await waitFor(() => expect(find('dialog [role=status]').textContent).toContain('C’est la bonne'));
    expect(find('dialog [role=alert]').textContent).toBe('');
    expect(document.activeElement).toBe(next());
    expect(made.world.recovery.kept).toBe(phrase.replaceAll('-', ''));
  });

  it('shows the same phrase again where one looks again', async () => {
    await open();
    const phrase = await shownPhrase();
    next().click();
    await waitFor(() => find('dialog input'));
    find('dialog footer .button').click();
    await waitFor(() => expect(groups().join('-')).toBe(phrase));
    expect(heard('recovery_phrase')).toHaveLength(1);
  });

  it('is asked for from the preferences, which say how it stands', async () => {
    await open();
    ask({ name: 'preferences' });
    await waitFor(() => expect(find('dialog section').textContent).toContain('Aucune pour l’instant'));
    find('dialog section button').click();
    await waitFor(() => expect(place.dialog?.name).toBe('recovery'));
    made.world.recovery.kept = 'KEPT';
    ask({ name: 'preferences' });
    await waitFor(() => expect(find('dialog section').textContent).toContain('Une phrase est gardée'));
  });
});

describe('the offer', () => {
  const card = () => look('nav aside');

  it('comes with the first reply sent, and goes once a phrase is kept', async () => {
    await open({}, ({ world }) => { for (const it of world.replies.values()) if (it.state.state === 'sent') it.state = { state: 'sending' }; });
    await waitFor(() => expect(heard('outbox').length).toBeGreaterThan(0));
    // Once a second reading has been made, what the first one found is on screen.
    made.announce({ replies: [504] });
    await waitFor(() => expect(heard('outbox').length).toBeGreaterThan(1));
    expect(card()).toBeNull();
    const [reply] = [...made.world.replies.values()].filter((it) => it.state.state === 'sending');
    reply!.state = { state: 'sent', private: false, altered: false };
    made.announce({ replies: [reply!.id] });
    await waitFor(() => expect(card()).not.toBeNull());
    const phrase = await shownPhrase();
    const { violations } = await axe.run(document.body, { runOnly: ['wcag2a', 'wcag2aa'], rules: { 'color-contrast': { enabled: false } } });
    expect(violations.map((it) => it.id)).toEqual([]);
    next().click();
    answer(await waitFor(() => find<HTMLInputElement>('dialog input')), phrase);
    await waitFor(() => expect(card()).toBeNull());
  }, 60_000);

  it('is made once: sent away, it stays away', async () => {
    await open();
    await waitFor(() => expect(card()).not.toBeNull());
    find('nav aside .glyph').click();
    await waitFor(() => expect(card()).toBeNull());
    expect(made.world.settings.get('recovery_later')).toBe('yes');
    made.announce({ replies: [504] });
    await waitFor(() => expect(heard('setting').filter((it) => it.args['name'] === 'recovery_later').length).toBeGreaterThan(2));
    expect(card()).toBeNull();
  });

  it('is not made in a rehearsal', async () => {
    await open({ rehearsal: true });
    await waitFor(() => find('nav aside'));
    expect(heard('has_recovery')).toHaveLength(0);
  });
});

describe('a lost key', () => {
  const closed: Partial<AppView> = { inbox: { inbox: 'closed', made: true, problem: { problem: 'no_key' } } };
  const field = () => waitFor(() => find<HTMLInputElement>('main input'));

  it('is given back by the phrase, which a wrong one does not', async () => {
    await open(closed, ({ world }) => { world.recovery.kept = '7QK2M0RX'; });
    answer(await field(), 'AAAA-BBBB');
    await waitFor(() => expect(find('[role=alert]').textContent).toContain('n’ouvre pas la boîte'));
    answer(await field(), '7qk2 m0rx');
    await waitFor(() => find('[role=grid]'));
    expect(heard('unlock')).toHaveLength(0);
  });

  it('is said to be lost where no phrase was kept', async () => {
    await open(closed);
    answer(await field(), 'AAAA-BBBB');
    await waitFor(() => expect(find('[role=alert]').textContent).toContain('Aucune phrase de secours'));
  });
});
