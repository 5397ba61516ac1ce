// Going on after an act: only from where one still is.
import { beforeEach, expect, it } from 'vitest';
import { use } from '../backend';
import { rows } from '../list/rows.svelte';
import { file, goOn } from './acts';
import { place, query, reset, select } from './place.svelte';

beforeEach(async () => {
  reset();
  use({
    call: async (name) => (name === 'list' ? { total: 3, offset: 0, rows: [{ id: 1 }, { id: 2 }, { id: 3 }] } : { act: null, change: {} }),
    changes: () => () => {}, closing: () => () => {},
  });
  rows.open(query());
  await rows.refresh();
  select(1);
});

it('the next one is on screen once one is answered, or filed', async () => {
  await goOn(1);
  expect(place.selected).toBe(2);
  await file({ triage: 'done' });
  expect(place.selected).toBe(3);
});

it('a click meanwhile is where one stays', async () => {
  const going = goOn(1);
  select(3);
  await going;
  expect(place.selected).toBe(3);
  select(1);
  const filing = file({ triage: 'done' });
  select(3);
  await filing;
  expect(place.selected).toBe(3);
});
