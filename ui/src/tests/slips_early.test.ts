// The same while the second script is still being read: no conversation, no dialog, no outbox is there to be drawn.
import { waitFor } from '@testing-library/svelte';
import { beforeAll, expect, it, vi } from 'vitest';
import { go, place } from '../desk/place.svelte';
import { eachOnItsOwn, find, made, open } from './page';
import { popovers, slips } from './slips';
import { come, wanted, withhold } from './withheld.svelte';

vi.mock('../later.svelte', () => import('./withheld.svelte'));

eachOnItsOwn();
beforeAll(popovers);

it.each([11, 12, 13])('the second script comes after a hundred keys, lot %i', async (seed) => {
  withhold();
  await open({ size: 60 });
  expect(await slips(seed, 100)).toEqual([]);
  expect(document.querySelector('.conversation, dialog')).toBeNull();
  come();
  expect(await slips(seed + 100, 100)).toEqual([]);
  expect(wanted.times).toBeGreaterThan(0);
  place.dialog = null;
  go('owed');
  await waitFor(() => find('.conversation'));
  expect(made.heard.length).toBeGreaterThan(10);
});
