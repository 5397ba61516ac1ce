// Keys that come before the conversation they are about is on screen: they never act on the one that still is.
import { waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it } from 'vitest';
import { shown } from '../conversation/shown.svelte';
import { place, select } from '../desk/place.svelte';
import { rows } from '../list/rows.svelte';
import { eachOnItsOwn, find, heard, open, press } from '../tests/page';

eachOnItsOwn();

describe('a key pressed as another conversation is chosen', () => {
  const area = () => find<HTMLTextAreaElement>('textarea');
  let next: number;
  beforeEach(async () => {
    await open();
    await waitFor(area);
    next = rows.at(4)!.id;
    expect(shown.view?.row.id).not.toBe(next);
  });
  const there = () => waitFor(() => expect(find('.conversation').dataset['shown']).toBe(String(next)));

  it.each(['l', 'o'])('%s leaves the one before alone', async (key) => {
    select(next);
    press(key);
    expect(place.dialog).toBeNull();
    await there();
    expect(heard('like')).toHaveLength(0);
  });

  it.each(['r', 't'])('%s writes in the new one, not in the one before', async (key) => {
    const before = area();
    select(next);
    press(key);
    expect(document.activeElement).not.toBe(before);
    await there();
    await waitFor(() => expect(document.activeElement).toBe(area()));
    expect(area()).not.toBe(before);
    expect(heard('save_draft')).toHaveLength(0);
  });

  it('t has the text in hand before the next letter', async () => {
    select(next);
    await there();
    press('t');
    await Promise.resolve();
    await new Promise((done) => setTimeout(done, 0));
    expect([document.activeElement, area().value]).toEqual([area(), '/']);
  });
});
