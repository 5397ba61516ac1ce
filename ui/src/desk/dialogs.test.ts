// What a dialog was asked about is still known when its answer closes it.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { shown } from '../conversation/shown.svelte';
import { button, eachOnItsOwn, find, heard, made, open, press, toast } from '../tests/page';
import { ask } from './place.svelte';

describe('a dialog that closes as it is answered', () => {
  eachOnItsOwn();

  it('opens the link that was shown', async () => {
    await open();
    await waitFor(() => find('.conversation textarea'));
    press('o');
    await waitFor(() => find('dialog .host'));
    button('dialog', 'Ouvrir').click();
    await waitFor(() => expect(heard('open_link')).toHaveLength(1));
    expect(heard('open_link')[0]!.args['url']).toBe(shown.view?.messages.at(-1)?.url);
    expect(toast()).toBe('');
  });

  it('blocks whom it named, and says so', async () => {
    await open();
    await waitFor(() => find('.conversation textarea'));
    const message = shown.view!.messages.find((it) => !it.ours)!;
    ask({ name: 'block', message });
    await waitFor(() => find('dialog .danger'));
    find('dialog .danger').click();
    await waitFor(() => expect(toast()).toContain(message.author));
    expect(heard('block')[0]!.args).toEqual({ person: message.person, on: true });
  });

  it.each(['Rester', 'the cross', 'Escape'])('forgets the wish to close where one stays: %s', async (by) => {
    await open();
    made.close(2);
    await waitFor(() => find('dialog'));
    if (by === 'Rester') button('dialog', by).click();
    else if (by === 'the cross') find('dialog header .glyph').click();
    else find('dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
    await waitFor(() => expect(document.querySelector('dialog')).toBeNull());
    expect([heard('stay').length, heard('close').length]).toEqual([1, 0]);
  });
});
