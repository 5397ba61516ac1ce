// A client's rules as a person keeps them: saved together, undone together, refused where hours make no sense.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { all, eachOnItsOwn, find, heard, made, open, submit, toast, type } from '../tests/page';
import { place } from './place.svelte';

eachOnItsOwn();

describe('a client', () => {
  it('keeps its rules, all undone at once', async () => {
    await open();
    place.dialog = { name: 'client', id: 2 };
    await waitFor(() => find('form#client'));
    const checks = all('form#client section .check input') as HTMLInputElement[];
    checks[0]!.click();
    checks[1]!.click();
    await waitFor(() => find('.week .input'));
    submit('form#client');
    await waitFor(() => expect(heard('set_rules')).toHaveLength(1));
    const { rules } = made.world.clients.find((c) => c.id === 2)!;
    expect(rules.toApprove).toBe(true);
    expect(rules.hours).toHaveLength(5);
    expect(heard('edit_client')).toHaveLength(0);
    await waitFor(() => expect(toast()).toContain('Client modifié'));
    find('.toast .undo').click();
    await waitFor(() => expect(made.world.clients.find((c) => c.id === 2)!.rules.toApprove).toBe(false));
  });

  it('is not saved with hours that make no sense', async () => {
    await open();
    place.dialog = { name: 'client', id: 2 };
    await waitFor(() => find('form#client'));
    (all('form#client section .check input') as HTMLInputElement[])[1]!.click();
    const field = await waitFor(() => find<HTMLInputElement>('.week .input'));
    type(field, '23h');
    submit('form#client');
    await waitFor(() => expect(find('form#client section .wrong').textContent).toContain('finit avant'));
    expect(heard('set_rules')).toHaveLength(0);
  });
});
