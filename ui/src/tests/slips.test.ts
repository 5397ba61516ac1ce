// Letters typed where nobody meant to write, as fast as a hand goes: whatever they set off, the page never says that
// something unexpected happened.
import { beforeAll, expect, it } from 'vitest';
import { eachOnItsOwn, find, made, open } from './page';
import { popovers, slips } from './slips';

eachOnItsOwn();
beforeAll(popovers);

it.each([1, 2, 3, 4, 5, 6])('a hundred and fifty keys at once, lot %i', async (seed) => {
  await open({ size: 60 });
  expect(await slips(seed, 150)).toEqual([]);
  expect(made.heard.length).toBeGreaterThan(10);
  find('.desk');
});
