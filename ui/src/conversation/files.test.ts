// A file that hangs on a message: what is told of it, and how it is saved.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { AttachedFile } from '../backend';
import { eachOnItsOwn, find, heard, made, open, toast } from '../tests/page';
import { speak } from '../words/words.svelte';
import { shown } from './shown.svelte';
import { isProgram, kindOf, sizeOf } from './files';

const file = (name: string, mediaType = 'application/octet-stream', size: number | null = 4_200): AttachedFile => ({ name, mediaType, size });

it('tells its kind as people call it, and its weight', () => {
  speak('fr');
  expect([file('devis.PDF'), file('mur', 'image/heif'), file('', 'application/x-blob'), file('a.pdf.exe')].map(kindOf)).toEqual(['PDF', 'Image', 'application/x-blob', 'EXE']);
  expect([0, 999, 1_499, 999_499, 999_500, 4_240_000].map(sizeOf)).toEqual(['0\u00a0octets', '999\u00a0octets', '1\u00a0ko', '999\u00a0ko', '1\u00a0Mo', '4,2\u00a0Mo']);
  expect(sizeOf(null)).toBe('');
});

it('warns of what a system would run', () => {
  expect(['facture.pdf.exe', 'x.SCR', 'compte.docm'].every(isProgram)).toBe(true);
  expect(['facture.pdf', 'exe', 'notes.txt', ''].some(isProgram)).toBe(false);
});

describe('in its conversation', () => {
  eachOnItsOwn();

  async function attached() {
    await open({}, (backend) => {
      for (const talk of backend.world.talks.values()) talk.messages[0]!.attachments = [{ kind: 'other', url: 'a#2', preview: null, alt: null, file: file('devis.pdf') }];
    });
    await waitFor(() => find('.file button'));
    return find('.file button');
  }

  it('is saved by a button that can be reached by keyboard and names it', async () => {
    const button = await attached();
    expect([button.tagName, button.getAttribute('aria-label'), button.tabIndex]).toEqual(['BUTTON', 'Enregistrer devis.pdf', 0]);
    button.click();
    button.click();
    await waitFor(() => expect(toast()).toContain('devis.pdf'));
    expect(heard('save_file').map((it) => it.args)).toEqual([{ message: shown.view!.messages[0]!.id, url: 'a#2' }]);
  });

  it('says so where there is no network', async () => {
    const button = await attached();
    made.world.offline = true;
    button.click();
    await waitFor(() => expect(toast()).toContain('réseau'));
    await waitFor(() => expect(button.getAttribute('aria-busy')).toBe('false'));
  });
});
