// What was found, by whom; who is not known is called so.
import { waitFor } from '@testing-library/svelte';
import { expect, it } from 'vitest';
import { place } from '../desk/place.svelte';
import { all, eachOnItsOwn, find, open, press, type } from '../tests/page';

eachOnItsOwn();

it('a hit without an author says so', async () => {
  await open({}, (made) => { Object.assign([...made.world.talks.values()][0]!.messages[0]!, { author: '', text: 'Une girouette dorée' }); });
  place.screen = 'search';
  await waitFor(() => find('[type=search]'));
  type(find<HTMLInputElement>('[type=search]'), 'girouette');
  await waitFor(() => expect(all('.hit b').map((it) => it.textContent)).toEqual(['Auteur inconnu']));
  press('ArrowDown');
  await waitFor(() => expect(find('.conversation article').getAttribute('aria-label')).not.toMatch(/^,/));
});
