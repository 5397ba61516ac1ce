// What a moderator sees and does: marks, entries only where the account offers them, and the way back.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { Publication } from '../backend';
import type { Talk } from '../backend/fake/world';
import { place } from '../desk/place.svelte';
import { all, button, eachOnItsOwn, find, heard, open, submit, toast, type } from '../tests/page';
import { shown } from './shown.svelte';

eachOnItsOwn();

const PLACES: Publication[] = ['published', 'pending', 'spam', 'trash'];

/** A conversation with one message by others that stands there, and one of ours where asked; the menu of the last unfolded. */
async function standing(publication: Publication, { places = PLACES, ours = false } = {}): Promise<Talk> {
  let talk: Talk | undefined;
  await open({}, ({ world }) => {
    for (const account of world.accounts) account.capabilities = { ...account.capabilities!, publications: places };
    talk = [...world.talks.values()].find((it) => it.messages.length === 1 && it.triage.triage === 'open' && !it.draft)!;
    talk.messages[0]!.publication = publication;
    if (ours) talk.messages.push({ ...talk.messages[0]!, id: 1, ours: true, publication: 'published', text: 'Oui, bien sûr.' });
  });
  place.selected = talk!.id;
  await waitFor(() => expect(shown.view?.row.id).toBe(talk!.id));
  await waitFor(() => expect(all('.message [popover]')).toHaveLength(talk!.messages.length));
  all('.message [popover]').at(-1)!.dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
  await waitFor(() => find('.message [role=menuitem]'));
  return talk!;
}

const entries = () => all('.message [role=menuitem]').map((it) => it.textContent?.trim());
const entry = (text: string) => all('.message [role=menuitem]').find((it) => it.textContent?.trim().startsWith(text))!;

describe('what others wrote', () => {
  it('is approved from its menu, marked until then, and a reply says that it does not approve it', async () => {
    const talk = await standing('pending');
    expect(find('.message').textContent).toContain('À modérer');
    expect(find('.compose').textContent).toContain('y répondre ne l’approuve pas');
    entry('Approuver').click();
    await waitFor(() => expect(heard('put').map((it) => it.args)).toEqual([{ message: talk.messages[0]!.id, to: 'published' }]));
    await waitFor(() => expect(find('.message').textContent).not.toContain('À modérer'));
    expect(find('.compose').textContent).not.toContain('approuve');
  });

  it('put among spam is filed, and one press puts it back to what it was', async () => {
    const talk = await standing('pending');
    entry('Indésirable').click();
    await waitFor(() => expect(talk.triage.triage).toBe('done'));
    await waitFor(() => expect(toast()).toContain('indésirables'));
    button('.toast', 'Remettre').click();
    await waitFor(() => expect(talk.messages[0]!.publication).toBe('pending'));
    expect(talk.triage.triage).toBe('open');
  });

  it('has no such entries where the account may not', async () => {
    await standing('published', { places: [] });
    expect(entries().filter((it) => /Approuver|Cacher|Indésirable|corbeille|attente/.test(it ?? ''))).toEqual([]);
  });
});

describe('what we wrote', () => {
  it('is changed in a dialog, and never put elsewhere', async () => {
    await standing('published', { ours: true });
    expect(entries()).not.toContain('Indésirable');
    entry('Modifier').click();
    await waitFor(() => find('#edit-own'));
    type(find<HTMLTextAreaElement>('#edit-own textarea'), 'Oui, dès 9 h.');
    submit('#edit-own');
    await waitFor(() => expect(heard('edit_own').map((it) => it.args)).toEqual([{ message: 1, text: 'Oui, dès 9 h.' }]));
    await waitFor(() => expect(document.querySelector('#edit-own')).toBeNull());
  });

  it('is taken away once that was confirmed', async () => {
    await standing('published', { ours: true });
    entry('Supprimer').click();
    await waitFor(() => find('dialog'));
    expect(heard('delete_own')).toHaveLength(0);
    button('dialog', 'Supprimer').click();
    await waitFor(() => expect(heard('delete_own')).toHaveLength(1));
  });
});
