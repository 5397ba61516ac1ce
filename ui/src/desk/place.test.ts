// Going from screen to screen: what stays selected, and what does not.
import { beforeEach, expect, it } from 'vitest';
import { go, onlyClient, place, reset, select } from './place.svelte';

beforeEach(reset);

it('another list is not shown beside a conversation of the last one', () => {
  select(7);
  go('drafts');
  expect(place.selected).toBeNull();
});

it('one comes back from the outbox to what one left', () => {
  select(7);
  go('outbox');
  go('owed');
  expect(place.selected).toBe(7);
});

it('what was found by a search is not beside the list one goes back to', () => {
  go('search');
  select(7);
  go('owed');
  expect(place.selected).toBeNull();
});

it('a client alone is looked at where one is: in the outbox too', () => {
  go('outbox');
  onlyClient(2);
  expect([place.screen, place.client]).toEqual(['outbox', 2]);
  go('templates');
  onlyClient(1);
  expect([place.screen, place.client]).toEqual(['owed', 1]);
});
