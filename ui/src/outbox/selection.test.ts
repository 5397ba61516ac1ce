// Several replies at once: chosen by keys, by hand or a section whole, and what is then done to them as one act.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { flood } from '../backend/fake/world';
import { place } from '../desk/place.svelte';
import { all, button, choose, eachOnItsOwn, find, heard, openOutbox, press, sectionIds, stored, submit, toast, type, unfold } from '../tests/page';
import { PAGE, replies } from './replies.svelte';

eachOnItsOwn();

describe('a selection', () => {
  const boxes = () => all('.pick') as HTMLInputElement[];

  it('is made by keys: j, k, x, and a range with Shift', async () => {
    await openOutbox();
    press('j');
    expect(document.activeElement).toBe(boxes()[0]);
    press('x');
    press('j');
    press('j');
    press('k');
    press('j');
    expect([...replies.chosen.keys()]).toEqual([Number(all('[data-reply]')[0]!.dataset['reply'])]);
    press('X', { shiftKey: true });
    expect(replies.chosen.size).toBe(3);
    press('Escape');
    expect(replies.chosen.size).toBe(0);
    expect(place.screen).toBe('outbox');
  });

  it('is made by a click, and a range by a click with Shift', async () => {
    await openOutbox();
    const click = (index: number, shiftKey = false) => boxes()[index]!.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, shiftKey }));
    click(0);
    click(3, true);
    await waitFor(() => expect(replies.chosen.size).toBe(4));
    await waitFor(() => expect(boxes().filter((it) => it.checked)).toHaveLength(4));
  });

  it('counts those that it was too late for', async () => {
    await openOutbox();
    const ids = sectionIds('approve');
    expect(ids.length).toBeGreaterThan(1);
    choose('approve');
    await waitFor(() => expect(find('.bar').textContent).toContain(`${ids.length} choisies`));
    // Gone between the look and the act.
    stored(ids[0]!).state = { state: 'sending' };
    button('.bar', 'Valider').click();
    await waitFor(() => expect(toast()).toContain('Réponse validée'));
    expect(toast()).toContain('Trop tard pour 1 réponse');
    expect(heard('approve')).toHaveLength(1);
    expect(heard('approve')[0]!.args).toEqual({ replies: ids });
    expect(document.querySelector('.bar')).toBeNull();
  });

  it('says for how many an act is, and leaves the others alone', async () => {
    await openOutbox();
    choose('look');
    await waitFor(() => find('.bar'));
    expect(button('.bar', 'Réessayer').textContent).toMatch(/1$/);
    button('.bar', 'Réessayer').click();
    await waitFor(() => expect(heard('retry')).toHaveLength(1));
    expect(heard('retry')[0]!.args).toEqual({ replies: [501] });
  });

  it('is held, reply by reply or as one incident', async () => {
    await openOutbox();
    choose('leaving');
    await waitFor(() => find('.bar'));
    const ids = sectionIds('leaving');
    await unfold('.bar [popover]');
    button('.bar [popover]', 'Un incident').click();
    const name = await waitFor(() => find<HTMLInputElement>('form#hold input'));
    submit('form#hold');
    await waitFor(() => expect(find('form#hold .wrong').textContent).toContain('un nom'));
    type(name, 'Grève');
    submit('form#hold');
    await waitFor(() => expect(heard('hold')).toHaveLength(1));
    expect(heard('hold')[0]!.args['targets']).toEqual([{ scope: 'incident', name: 'Grève', conversations: ids.map((id) => stored(id).conversation) }]);
    await waitFor(() => expect(sectionIds('held')).toEqual(ids));
  });

  it('takes a section whole, with what is not drawn', async () => {
    await openOutbox({}, (it) => flood(it.world, 1, 600));
    choose('leaving');
    await waitFor(() => expect(replies.chosen.size).toBe(602));
    expect(all('[data-reply]')).toHaveLength(PAGE);
    button('.bar', 'Reprendre').click();
    await waitFor(() => expect((heard('take_back')[0]?.args['replies'] as number[]).length).toBe(602));
  });
});
