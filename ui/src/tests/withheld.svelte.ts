// The second script as a page sees it that is still waiting for it: it comes when the test says so.
import * as screens from '../screens';

let read = $state.raw<typeof screens>();
export const wanted = { times: 0 };

export const later = {
  get screens() { return read; },
};

export function want(): void {
  wanted.times++;
}

export const come = (): void => { read = screens; };
export const withhold = (): void => { read = undefined; };
