// Whose it is, asked where a message is added, a file taken in, an account connected: what was chosen is what counts.
import { render, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import App from '../App.svelte';
import { use } from '../backend';
import { fake } from '../backend/fake';
import { place } from '../desk/place.svelte';
import { all, button, eachOnItsOwn, find, heard, made, open, press, submit, toast, type } from '../tests/page';

eachOnItsOwn();

const field = (name: string) => find<HTMLInputElement>(`dialog [name=${name}]`);
const whose = (value: number | 'new') => find<HTMLInputElement>(`dialog [name=owner][value="${value}"]`);
const called = (name: string) => type(find<HTMLInputElement>('dialog fieldset .input'), name);
const fill = (link: string, text: string) => { type(field('link'), link); type(field('text'), text); };
const clientNamed = (name: string) => made.world.clients.find((it) => it.name === name)!;
const added = () => heard('add_by_hand').map((it) => it.args['client']);
const LINK = 'https://www.facebook.com/quais/posts/1?comment_id=1';

async function adding(client: number | null = null): Promise<void> {
  await open();
  place.client = client;
  press('a');
  await waitFor(() => field('link'));
}

describe('a new client', () => {
  it('is made after a message for another one', async () => {
    await adding(1);
    fill(LINK, 'Bonjour');
    button('dialog', 'Ajouter et continuer').click();
    await waitFor(() => expect(field('text').value).toBe(''));
    whose('new').click();
    await waitFor(() => called('Halle aux grains'));
    fill(`${LINK}2`, 'Bonsoir');
    submit('dialog form');
    await waitFor(() => expect(added()).toHaveLength(2));
    await waitFor(() => expect(place.client, 'it is not shown beside the other one’s list').toBe(clientNamed('Halle aux grains').id));
    expect(added()).toEqual([1, clientNamed('Halle aux grains').id]);
  });

  it('is made after a link that was refused for another one', async () => {
    await adding(1);
    fill('pas une adresse', 'Bonjour');
    submit('dialog form');
    await waitFor(() => expect(find('dialog [role=alert]').textContent).toContain('pas une adresse'));
    whose('new').click();
    await waitFor(() => called('Halle aux grains'));
    type(field('link'), LINK);
    submit('dialog form');
    await waitFor(() => expect(place.dialog).toBeNull());
    expect(added().at(-1)).toBe(clientNamed('Halle aux grains').id);
  });

  it('is made once, and is the one chosen, where its first message is refused', async () => {
    await adding();
    whose('new').click();
    await waitFor(() => called('Halle aux grains'));
    fill('pas une adresse', 'Bonjour');
    submit('dialog form');
    await waitFor(() => expect(find('dialog [role=alert]').textContent).toContain('pas une adresse'));
    const { id } = clientNamed('Halle aux grains');
    await waitFor(() => expect(whose(id).checked).toBe(true));
    type(field('link'), LINK);
    submit('dialog form');
    await waitFor(() => expect(place.dialog).toBeNull());
    expect(heard('add_client')).toHaveLength(1);
    expect(added().at(-1)).toBe(id);
  });

  it('is made after an account was begun for another one', async () => {
    await open();
    place.dialog = { name: 'connect', client: 1 };
    await waitFor(() => find('dialog .tile'));
    const start = made.call;
    made.call = (name, args) => (name === 'login_start' && args['client'] === 1 ? (made.heard.push({ name, args }), Promise.reject({ problem: 'not_found' })) : start(name, args));
    find('dialog .tile').click();
    await waitFor(() => expect(find('dialog [role=alert]').textContent).not.toBe(''));
    whose('new').click();
    await waitFor(() => called('Halle aux grains'));
    find('dialog .tile').click();
    find('dialog .tile').click();
    await waitFor(() => expect(all('dialog .tile')).toEqual([]));
    expect(heard('login_start').map((it) => it.args['client'])).toEqual([1, clientNamed('Halle aux grains').id]);
  });
});

describe('a file', () => {
  const CSV = `Lien;Auteur;Texte\n${LINK};Léa;Vous ouvrez demain ?\n`;
  const csv = () => new File([CSV], 'export.csv');

  /** As by the dialog's own button. */
  function choose(file: File): void {
    const chooser = find<HTMLInputElement>('dialog input[type=file]');
    Object.defineProperty(chooser, 'files', { value: [file], configurable: true });
    chooser.dispatchEvent(new Event('change', { bubbles: true }));
  }
  function drop(file: File): void {
    window.dispatchEvent(Object.assign(new Event('drop', { bubbles: true, cancelable: true }), { dataTransfer: { types: ['Files'], files: [file], dropEffect: 'none' } }));
  }
  const offered = () => waitFor(() => expect(button('dialog', 'Importer').getAttribute('aria-disabled')).toBe('false'));

  it.each([choose, drop])('is for the client chosen in the dialog that it comes to', async (give) => {
    await adding(1);
    whose(2).click();
    give(csv());
    await offered();
    expect(whose(2).checked).toBe(true);
    button('dialog', 'Importer').click();
    await waitFor(() => expect(heard('import_file').map((it) => it.args['client'])).toEqual([2]));
  });

  it('is for the new client named in the dialogs before it', async () => {
    await open();
    place.dialog = { name: 'connect', client: 1 };
    await waitFor(() => find('dialog .tile'));
    whose('new').click();
    await waitFor(() => called('Halle aux grains'));
    button('dialog', 'Votre réseau').click();
    await waitFor(() => field('link'));
    choose(csv());
    await offered();
    button('dialog', 'Importer').click();
    await waitFor(() => expect(heard('import_file').map((it) => it.args['client'])).toEqual([clientNamed('Halle aux grains').id]));
  });

  it.each([choose, drop])('does not take the place of what is written', async (give) => {
    await adding();
    type(field('text'), 'Vous ouvrez demain ?');
    give(csv());
    await waitFor(() => expect(find('dialog [role=alert]').textContent).toContain('prendrait sa place'));
    expect(field('text').value).toBe('Vous ouvrez demain ?');
  });

  it('that took a while to be read takes no other dialog’s place', async () => {
    await open();
    let read!: (bytes: ArrayBuffer) => void;
    drop(Object.assign(csv(), { arrayBuffer: () => new Promise<ArrayBuffer>((done) => { read = done; }) }));
    press('?');
    await waitFor(() => expect(place.dialog?.name).toBe('help'));
    read(new ArrayBuffer(4));
    await waitFor(() => expect(toast()).toContain('prendrait sa place'));
    expect(place.dialog?.name).toBe('help');
  });

  it('that cannot be read is said in words', async () => {
    await open();
    drop(Object.assign(csv(), { arrayBuffer: () => Promise.reject(new Error('gone')) }));
    await waitFor(() => expect(toast()).toContain('n’a pas pu être lu'));
  });

  it('is taken in as it is shown, never as it was shown before', async () => {
    await open();
    const answer = made.call;
    const late: (() => void)[] = [];
    drop(csv());
    await offered();
    made.call = (name, args) => (name === 'look_at_file' ? new Promise((done) => late.push(() => done(answer(name, args)))) : answer(name, args));
    const column = (value: string) => { field('text').value = value; field('text').dispatchEvent(new Event('change', { bubbles: true })); };
    column('Lien');
    column('Auteur');
    await waitFor(() => expect(late).toHaveLength(2));
    button('dialog', 'Importer').click();
    await waitFor(() => expect(button('dialog', 'Importer').getAttribute('aria-disabled')).toBe('true'));
    expect(heard('import_file')).toEqual([]);
    // The last one asked for is answered first.
    late.toReversed().forEach((come) => come());
    await offered();
    expect(find('dialog section').textContent).not.toContain('Vous ouvrez');
    expect(field('text').value).toBe('Auteur');
    button('dialog', 'Importer').click();
    await waitFor(() => expect(heard('import_file')).toHaveLength(1));
    expect(heard('import_file')[0]!.args['mapping']).toMatchObject({ text: 'Auteur' });
  });
});

describe('at the first start', () => {
  it('a good link is not called a bad one, and no file is asked for yet', async () => {
    const first = fake({ app: { firstStart: true } });
    use(first);
    render(App);
    await waitFor(() => all('main button').at(-1)!.click());
    await waitFor(() => button('dialog', 'Votre réseau').click());
    await waitFor(() => field('link'));
    type(field('link'), LINK);
    await waitFor(() => expect(first.heard.some((it) => it.name === 'recognise')).toBe(true));
    await new Promise((done) => setTimeout(done));
    expect(find('#add-what').textContent).toBe('');
    expect(all('dialog input[type=file]')).toEqual([]);
  });
});
