// A reading that stays true: read once, and again whenever a change concerns it.
//
// Changes that come while a reading is under way cause one more, not one each. What was read before stays on screen
// until the new reading is there, so that nothing flickers.
import { changes, problem, type Change, type Problem } from './index';

export interface Live<T> {
  readonly value: T | undefined;
  readonly problem: Problem | undefined;
  again(): Promise<void>;
}

/** Must be called while a component is set up: the reading ends with it. */
export function live<T>(read: () => Promise<T>, concerns: (change: Change) => boolean): Live<T> {
  let value = $state.raw<T>();
  let trouble = $state.raw<Problem>();
  let reading: Promise<void> | undefined;
  let stale = false;

  async function again(): Promise<void> {
    stale = true;
    reading ??= (async () => {
      while (stale) {
        stale = false;
        try {
          value = await read();
          trouble = undefined;
        } catch (thrown) {
          trouble = problem(thrown);
        }
      }
      reading = undefined;
    })();
    return reading;
  }

  $effect(() => {
    void again();
    return changes((change) => {
      if (change.all || concerns(change)) void again();
    });
  });

  return {
    get value() { return value; },
    get problem() { return trouble; },
    again,
  };
}
