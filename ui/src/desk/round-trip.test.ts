// What was never proved stays grey, until a person or a reading has seen an answer from outside.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { button, eachOnItsOwn, find, heard, made, open, toast } from '../tests/page';
import { ask } from './place.svelte';

const dots = () => [...document.querySelectorAll('.accounts .account')].map((it) => (it.classList.contains('unproved') ? 'grey' : it.classList.contains('good') ? 'green' : 'other'));
const legs = () => [...document.querySelectorAll('dialog li .mark')].map((it) => it.childElementCount);

describe('the round trip of an account', () => {
  eachOnItsOwn();

  it('is grey until its three legs are gone', async () => {
    await open({}, ({ world }) => (world.accounts[1]!.holes = []));
    await waitFor(() => expect(dots()).toEqual(['green', 'grey', 'other']));
    ask({ name: 'coverage', account: made.world.accounts[1]!.id });
    await waitFor(() => expect(legs()).toEqual([1, 1, 0]));
    button('dialog', 'Je l’ai vue').click();
    await waitFor(() => expect(legs()).toEqual([1, 1, 1]));
    expect(dots()[1]).toBe('green');
    expect(heard('seen_outside')).toHaveLength(1);
    expect(toast()).toContain('Compte éprouvé');
  });

  it('asks for what comes next', async () => {
    await open({}, ({ world }) => (world.accounts[2]!.roundTrip = { read: null, answered: null, seen: null }));
    ask({ name: 'coverage', account: made.world.accounts[2]!.id });
    await waitFor(() => expect(find('dialog .next').textContent).toContain(`@${made.world.accounts[2]!.handle}`));
    expect(document.querySelector('dialog .next button')).toBeNull();
  });
});
