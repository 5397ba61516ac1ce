// Whose it is, asked where a message is added, a file taken in, an account connected: what was chosen is what counts.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { place } from '../desk/place.svelte';
import { all, button, eachOnItsOwn, find, heard, made, open, press, submit, type } from '../tests/page';

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
