// Holds: placed by one key, in sight as long as they stand, and released with what went stale in view.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { Fake } from '../backend/fake';
import { flood } from '../backend/fake/world';
import { place } from '../desk/place.svelte';
import { all, button, eachOnItsOwn, find, heard, made, openOutbox, press, sectionIds, submit } from '../tests/page';
import { targetWords } from './holds';

eachOnItsOwn();

describe('holds', () => {
  const hold = (it: Fake) => it.world.holds.push({ id: 9001, target: { scope: 'client', client: 2 }, why: 'On attend', byProgram: false, at: Date.now() - 60_000, released: false });
  const held = (it: Fake) => { flood(it.world, 2, 4); hold(it); };

  it('are placed by one key, asked once, and stay in sight', async () => {
    await openOutbox();
    press('!');
    await waitFor(() => find('dialog form#hold'));
    expect(heard('hold')).toHaveLength(0);
    submit('form#hold');
    await waitFor(() => expect(heard('hold')).toHaveLength(1));
    expect(heard('hold')[0]!.args).toEqual({ targets: [{ scope: 'everything' }], why: '' });
    await waitFor(() => expect(find('nav .holding').textContent).toMatch(/1 suspension, \d+ réponses/));
    await waitFor(() => expect(sectionIds('held').length).toBeGreaterThan(0));
    press('z');
    await waitFor(() => expect(document.querySelector('nav .holding')).toBeNull());
  });

  it('say why, and show what went stale before they are released', async () => {
    await openOutbox({}, held);
    expect(find('.holds').textContent).toContain('On attend');
    expect(find('[data-reply="20000"] .state').textContent).toContain('On attend');
    button('.holds', 'Libérer').click();
    await waitFor(() => find('dialog li'));
    const lines = all('dialog li').map((it) => it.textContent ?? '');
    const stale = lines.map((it) => /modifié|répondu|retiré/.test(it));
    expect(stale[0]).toBe(true);
    // None after one that is not.
    expect(stale.lastIndexOf(true)).toBeLessThan(stale.includes(false) ? stale.indexOf(false) : stale.length);
    expect(heard('release')).toHaveLength(0);
  });

  it('keep back what is not let go, before the rest leaves', async () => {
    await openOutbox({}, held);
    button('.holds', 'Libérer').click();
    await waitFor(() => find('dialog li'));
    const kept = all('dialog li').filter((it) => /modifié|répondu|retiré/.test(it.textContent ?? '')).length;
    button('dialog', 'Garder suspendu').click();
    await waitFor(() => expect(find('dialog footer').textContent).toContain(kept === 1 ? 'reste suspendue' : 'restent suspendues'));
    button('dialog footer', 'Libérer').click();
    await waitFor(() => expect(heard('release')).toHaveLength(1));
    const order = made.heard.filter((it) => it.name === 'hold' || it.name === 'release');
    expect(order.map((it) => it.name)).toEqual(['hold', 'release']);
    expect(order[0]!.args['targets']).toHaveLength(kept);
    await waitFor(() => expect(made.world.holds.find((it) => it.id === 9001)?.released).toBe(true));
    await waitFor(() => expect(place.dialog).toBeNull());
  });

  it('that let nothing go are lifted, and say so', async () => {
    await openOutbox({}, (it) => it.world.holds.push({ id: 9002, target: { scope: 'conversation', conversation: -1 }, why: '', byProgram: false, at: Date.now(), released: false }));
    button('.holds', 'Libérer').click();
    await waitFor(() => expect(find('dialog').textContent).toContain('Rien n’en partirait'));
    button('dialog footer', 'Lever la suspension').click();
    await waitFor(() => expect(heard('release')).toHaveLength(1));
  });

  it('name who answered unknown people, and an account without a key by its network', async () => {
    await openOutbox({}, (it) => {
      held(it);
      for (const reply of it.world.replies.values()) reply.answers = '';
    });
    const [keyed, keyless] = made.world.accounts;
    expect(targetWords({ scope: 'account', account: keyed!.id })).toBe(`le compte @${keyed!.handle}`);
    Object.assign(keyless!, { network: 'facebook', route: 'hand', handle: 'autrefois' });
    made.announce({ all: true });
    const owner = made.world.clients.find((it) => it.id === keyless!.client)!.name;
    await waitFor(() => expect(targetWords({ scope: 'account', account: keyless!.id })).toBe(`le compte Facebook, ${owner}`));
    button('.holds', 'Libérer').click();
    await waitFor(() => expect(find('dialog li b').textContent).toBe('Auteur inconnu'));
  });

  it('are told in the composer', async () => {
    await openOutbox({}, held);
    const talk = [...made.world.talks.values()].find((it) => it.client === 2 && it.triage.triage === 'open')!;
    place.screen = 'all';
    place.selected = talk.id;
    await waitFor(() => expect(find('.compose .leaks').textContent).toContain('Théâtre des Quais'));
  });
});
