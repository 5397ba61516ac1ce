// The door without a key: a message is pasted, answered, copied and asked about; nothing leaves by itself.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { place } from '../desk/place.svelte';
import { all, button, eachOnItsOwn, find, heard, made, open, press, submit, toast, type } from '../tests/page';

eachOnItsOwn();

const LINK = 'https://www.facebook.com/quais/posts/1?comment_id=812345678901234';
const field = (name: string) => find<HTMLInputElement>(`dialog [name=${name}]`);

/** A message pasted as a person does it. */
async function paste(link = LINK, text = 'Vous ouvrez demain ?', author = 'Léa Martin'): Promise<void> {
  press('a');
  await waitFor(() => field('link'));
  type(field('link'), link);
  type(field('author'), author);
  type(field('text'), text);
  submit('dialog form');
}

/** It stands in the conversation's pane, ready to be answered. */
async function pasted(): Promise<void> {
  await open();
  await paste();
  await waitFor(() => expect(find('.conversation').textContent).toContain('Vous ouvrez demain'));
}

async function answer(text: string): Promise<void> {
  const area = find<HTMLTextAreaElement>('.compose textarea');
  area.focus();
  type(area, text);
  press('Enter', { ctrlKey: true });
}

describe('a message added by hand', () => {
  it('is recognised while it is typed, and opened', async () => {
    await open();
    press('a');
    await waitFor(() => field('link'));
    type(field('link'), 'pas une adresse');
    await waitFor(() => expect(find('#add-what').textContent).toContain('pas une adresse de page'));
    type(field('link'), 'https://quais.exemple/infos');
    await waitFor(() => expect(find('#add-what').textContent).toContain('quais.exemple'));
    type(field('link'), LINK);
    await waitFor(() => expect(find('#add-what').textContent).toContain('Facebook'));
    expect(find('#add-what').textContent).toContain('un seul message');
    submit('dialog form');
    await waitFor(() => expect(find('dialog [role=alert]').textContent).toContain('texte'));
    expect(heard('add_by_hand')).toEqual([]);
    type(field('text'), 'Vous ouvrez demain ?');
    submit('dialog form');
    await waitFor(() => expect(find('.conversation').textContent).toContain('Vous ouvrez demain'));
    expect(find('.conversation').textContent).toContain('Auteur inconnu');
    expect(find('.conversation').textContent).toContain('Ajouté à la main');
    expect(toast()).toContain('Message ajouté');
  });

  it('is one row when it is pasted twice', async () => {
    await pasted();
    const count = made.world.talks.size;
    await paste();
    await waitFor(() => expect(toast()).toContain('déjà là'));
    expect(made.world.talks.size).toBe(count);
  });

  it('goes on with the next one, for the same client', async () => {
    await open();
    press('a');
    await waitFor(() => field('link'));
    type(field('link'), LINK);
    type(field('text'), 'Bonjour');
    button('dialog', 'Ajouter et continuer').click();
    await waitFor(() => expect(heard('add_by_hand')).toHaveLength(1));
    await waitFor(() => expect(field('text').value).toBe(''));
    expect(place.dialog?.name).toBe('add');
  });
});

describe('its answer', () => {
  it('is copied and opened, then asked about; yes files it', async () => {
    await pasted();
    expect(find('.send').textContent).toContain('Copier et ouvrir');
    expect(all('.when'), 'nothing leaves at an instant').toEqual([]);
    await answer('Oui, à neuf heures.');
    await waitFor(() => button('.reply', 'Oui'));
    expect(heard('send_reply')[0]?.args['thenDone']).toBe(false);
    expect(heard('hand_over')).toHaveLength(1);
    expect(find('.reply').textContent).toContain('C’est publié');
    expect(toast()).toContain('Texte copié');
    const id = place.selected!;
    button('.reply', 'Oui').click();
    await waitFor(() => expect(made.world.talks.get(id)?.triage).toEqual({ triage: 'done' }));
    expect(made.world.talks.get(id)?.messages.map((m) => [m.ours, m.text])).toContainEqual([true, 'Oui, à neuf heures.']);
    await waitFor(() => expect(find('.conversation').textContent).toContain('Publiée selon vous'));
  });

  it('waits again after a no, and is copied once more', async () => {
    await pasted();
    await answer('Oui.');
    await waitFor(() => button('.reply', 'Non'));
    button('.reply', 'Non').click();
    await waitFor(() => expect(find('.reply').textContent).toContain('À publier par vous'));
    expect(made.world.talks.get(place.selected!)?.messages).toHaveLength(1);
    button('.reply', 'Copier et ouvrir').click();
    await waitFor(() => button('.reply', 'Oui'));
    expect(heard('hand_over')).toHaveLength(2);
  });

  it('is copied once by two presses, and its page opened once', async () => {
    await pasted();
    await answer('Oui.');
    await waitFor(() => button('.reply', 'Non'));
    button('.reply', 'Copier et ouvrir').click();
    button('.reply', 'Copier et ouvrir').click();
    await waitFor(() => expect(heard('hand_over')).toHaveLength(2));
    const answered = () => new Promise((done) => setTimeout(done, 20));
    await answered();
    const press = (detail: number) => button('.reply', 'Copier et ouvrir').dispatchEvent(new MouseEvent('click', { bubbles: true, detail }));
    press(1);
    await waitFor(() => expect(heard('hand_over')).toHaveLength(3));
    // The second one of a double click may come once the first was done.
    await answered();
    press(2);
    await answered();
    expect(heard('hand_over')).toHaveLength(3);
  });

  it('is not copied under a hold, and the reason is said', async () => {
    await open({}, (fake) => { fake.world.holds.push({ id: 9, target: { scope: 'everything' }, why: '', byProgram: false, at: 0, released: false }); });
    await paste();
    await waitFor(() => expect(find('.send').textContent).toContain('Copier et ouvrir'));
    await answer('Oui.');
    await waitFor(() => expect(toast()).toContain('n’a pas été copiée'));
    expect(toast().toLowerCase()).toContain('suspendue');
  });
});

describe('a file', () => {
  const CSV = `Lien;Auteur;Texte\n${LINK};Léa;Vous ouvrez demain ?\n;Paul;Sans adresse\nhttps://x.com/lea/status/17;Léa;Bravo\n`;
  const give = (text: string, name = 'export.csv') => {
    const file = new File([text], name);
    const event = Object.assign(new Event('drop', { bubbles: true, cancelable: true }), { dataTransfer: { types: ['Files'], files: [file], dropEffect: 'none' } });
    window.dispatchEvent(event);
  };

  it('dropped on the window is shown first, then taken in and counted; its settings are kept by name', async () => {
    await open();
    give(CSV);
    await waitFor(() => button('dialog', 'Importer 2 messages'));
    expect(find('dialog').textContent).toContain('réseau inconnu');
    expect(find<HTMLSelectElement>('dialog [name=text]').value).toBe('Texte');
    type(field('keep'), 'Page du client');
    button('dialog', 'Importer').click();
    await waitFor(() => expect(toast()).toContain('2 messages ajoutés'));
    expect(toast()).toContain('1 ligne illisible');
    expect(JSON.parse(made.world.settings.get('mappings')!)).toHaveProperty('Page du client.text', 'Texte');
    // Once more: the settings come back, and nothing is there twice.
    const count = made.world.talks.size;
    give(CSV);
    await waitFor(() => expect(field('keep').value).toBe('Page du client'));
    await waitFor(() => expect(button('dialog', 'Importer').getAttribute('aria-disabled')).toBe('false'));
    button('dialog', 'Importer').click();
    await waitFor(() => expect(toast()).toContain('2 déjà là'));
    expect(made.world.talks.size).toBe(count);
  });

  it('that lists nothing is said, and nothing is offered', async () => {
    await open();
    give('bonjour');
    await waitFor(() => expect(find('dialog [role=alert]').textContent).toContain('ni une liste de messages'));
    expect(all('dialog .primary')).toEqual([]);
  });
});

describe('a mail that was not understood', () => {
  const MAIL = 'Facebook\nDu neuf\n\nLéa Roy réagit :\n« On peut venir ? »\nOuvrir';

  /** As a person does with the mouse. */
  function show(what: string): Promise<void> {
    const area = find<HTMLTextAreaElement>('dialog textarea');
    area.setSelectionRange(MAIL.indexOf(what), MAIL.indexOf(what) + what.length);
    for (const it of ['pointerdown', 'pointerup']) area.dispatchEvent(new Event(it, { bubbles: true }));
    return waitFor(() => expect(find('dialog .parts').textContent).toContain(what));
  }

  async function told(): Promise<void> {
    await open({}, (fake) => { Object.assign([...fake.world.talks.values()][0]!.messages[0]!, { raw: true, route: 'mail', author: '', text: MAIL }); });
    place.selected = [...made.world.talks.keys()][0]!;
    await waitFor(() => expect(find('.conversation').textContent).toContain('Ni l’auteur ni le texte'));
    button('.conversation', 'Montrer qui parle').click();
    await waitFor(() => expect(find<HTMLTextAreaElement>('dialog textarea').value).toBe(MAIL));
  }

  it('is shown who speaks and what they say, and read so; undone, it is not', async () => {
    await told();
    expect(find('dialog [role=radiogroup]').getAttribute('aria-label')).toBe('Ce que vous montrez');
    submit('dialog form');
    await show('Léa Roy');
    await show('« On peut venir ? »');
    submit('dialog form');
    await waitFor(() => expect(toast()).toContain('Courriel compris'));
    expect(heard('teach').map((it) => it.args)).toEqual([{ message: expect.any(Number), author: { start: 18, end: 25 }, text: expect.any(Object) }]);
    await waitFor(() => expect(find('.conversation').textContent).not.toContain('Montrer qui parle'));
    expect(find('.conversation .who').textContent).toBe('Léa Roy');
    press('z');
    await waitFor(() => expect(heard('undo')).toHaveLength(1));
    await waitFor(() => expect(find('.conversation').textContent).toContain('Montrer qui parle'));
  });

  it('is shown by keyboard, nobody being named', async () => {
    await told();
    const area = find<HTMLTextAreaElement>('dialog textarea');
    find<HTMLInputElement>('dialog input[value=text]').click();
    await waitFor(() => expect(find('dialog .parts').textContent).toContain('Personne'));
    area.setSelectionRange(MAIL.indexOf('On'), MAIL.indexOf(' »'));
    area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    await waitFor(() => expect(find('dialog .parts').textContent).toContain('On peut venir ?'));
    expect(heard('teach')).toEqual([]);
    submit('dialog form');
    await waitFor(() => expect(heard('teach')).toHaveLength(1));
    expect(heard('teach')[0]!.args).toMatchObject({ author: null });
  });
});
