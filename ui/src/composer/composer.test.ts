// Writing as the client wants it: at an instant, after a yes, with pictures and their words.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { shown } from '../conversation/shown.svelte';
import { place, select } from '../desk/place.svelte';
import { rows } from '../list/rows.svelte';
import { all, button, eachOnItsOwn, find, heard, made, open, press, toast, type, unfold } from '../tests/page';

eachOnItsOwn();

describe('writing', () => {
  const area = () => find<HTMLTextAreaElement>('textarea');
  async function write(client: number) {
    const talk = [...made.world.talks.values()].find((it) => it.client === client && it.triage.triage === 'open' && !it.draft)!;
    place.screen = 'owed';
    place.selected = talk.id;
    await waitFor(() => expect(shown.view?.row.id).toBe(talk.id));
    await waitFor(area);
    area().focus();
    type(area(), 'Bonjour, nous regardons.');
    return talk;
  }

  it('leaves at the instant chosen, which is shown and can be cleared', async () => {
    await open();
    const talk = await write(2);
    button('.both', 'Envoyer plus tard').click();
    await unfold('.both [popover]');
    all('.both [role=menuitem]')[1]!.click();
    await waitFor(() => expect(find('.plan').textContent).toContain('demain à 9'));
    expect(find('.send').textContent).toContain('Programmer');
    find('.plan button').click();
    await waitFor(() => expect(document.querySelector('.plan')).toBeNull());
    await unfold('.both [popover]');
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
    type(alt, 'Le plan du parking');
    await waitFor(() => expect(talk.attachments[0]?.alt).toBe('Le plan du parking'));
    expect(find('.compose li small').textContent).toBe('');
    give(png(), png(), png(), png());
    await waitFor(() => expect(toast()).toContain('4 images'));
    expect(talk.attachments).toHaveLength(4);
    find('.compose li .glyph').click();
    await waitFor(() => expect(talk.attachments).toHaveLength(3));
  });

  it('gives every picture to the conversation it was given in, wherever one goes meanwhile', async () => {
    await open();
    const talk = await write(2);
    const chooser = find<HTMLInputElement>('.compose input[type=file]');
    const png = () => new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10])], 'plan.png', { type: 'image/png' });
    Object.defineProperty(chooser, 'files', { value: [png(), png(), png()], configurable: true });
    chooser.dispatchEvent(new Event('change', { bubbles: true }));
    const other = [0, 1].map((it) => rows.at(it)!.id).find((it) => it !== talk.id)!;
    select(other);
    await waitFor(() => expect(find('.conversation').dataset['shown']).toBe(String(other)));
    await waitFor(() => expect(heard('attach')).toHaveLength(3));
    expect(heard('attach').map((it) => it.args['conversation'])).toEqual([talk.id, talk.id, talk.id]);
    expect(toast()).not.toContain('inattendue');
  });
});

describe('by hand', () => {
  it('a text alone is offered, whatever the account’s key could do', async () => {
    await open({}, (it) => {
      for (const talk of it.world.talks.values()) Object.assign(talk.messages.filter((m) => !m.ours).at(-1)!, { route: 'hand', author: '', handle: '' });
    });
    await waitFor(() => expect(find('.send').textContent).toContain('Copier et ouvrir'));
    expect(find('.to').textContent).toContain('Auteur inconnu');
    expect(all('.to .someone, .to .nobody, .to [popover], .to .said'), 'nobody is addressed, and no audience chosen').toEqual([]);
    expect(all('.compose input[type=file]')).toEqual([]);
    const area = find<HTMLTextAreaElement>('.compose textarea');
    type(area, 'Bonjour');
    await unfold('.foot > [popover], .foot [popover]');
    expect(all('.foot [role=menuitem]').map((it) => it.textContent?.trim())).toEqual(['Jeter le brouillon']);
  });
});
