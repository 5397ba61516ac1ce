// Hands that slip over the keyboard: keys drawn by lot, faster than any answer comes, and what a browser does by itself
// with each of them (a letter is written where one writes, Enter and the space bar press the button that has the focus).
import { rows } from '../list/rows.svelte';
import { replies } from '../outbox/replies.svelte';
import { shown } from '../conversation/shown.svelte';
import { toasts } from '../parts/toasts.svelte';
import { press, type } from './page';

/** The same for the same seed. */
export function lot(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const LETTERS = [...'n est pas la bonne jkesrtzolxou/?!12345 '];
const OTHERS = ['Enter', 'Enter', ' ', 'Tab', 'Escape', 'ArrowDown', 'ArrowUp'];

/** Here no popover opens by itself. */
export function popovers(): void {
  const turn = (element: HTMLElement, on: boolean) => {
    const [oldState, newState] = on ? ['closed', 'open'] : ['open', 'closed'];
    element.dispatchEvent(Object.assign(new Event('beforetoggle'), { oldState, newState }));
    element.toggleAttribute('data-open', on);
    setTimeout(() => element.dispatchEvent(Object.assign(new Event('toggle'), { oldState, newState })));
  };
  const matches = HTMLElement.prototype.matches;
  Object.assign(HTMLElement.prototype, {
    showPopover(this: HTMLElement) { turn(this, true); },
    hidePopover(this: HTMLElement) { turn(this, false); },
    matches(this: HTMLElement, selector: string) { return selector === ':popover-open' ? this.hasAttribute('data-open') : matches.call(this, selector); },
  });
}

export function slip(key: string): void {
  const at = document.activeElement;
  const writes = at instanceof HTMLTextAreaElement || (at instanceof HTMLInputElement && at.type === 'text');
  press(key);
  if (writes && key.length === 1) return type(at, at.value + key);
  if ((key === 'Enter' || key === ' ') && at instanceof HTMLButtonElement && at.isConnected) return at.click();
  if (key === 'Tab') {
    const all = [...(document.querySelector('dialog') ?? document).querySelectorAll<HTMLElement>('button, input, textarea')];
    all[(all.indexOf(at as HTMLElement) + 1) % all.length]?.focus();
  }
}

/** So many keys; sometimes a breath between two, so that some answers come in their midst. What the page could not do. */
export async function slips(seed: number, count: number): Promise<string[]> {
  const met = new Set<string>();
  const look = () => mishaps().forEach((it) => met.add(it));
  const random = lot(seed);
  const one = <T>(of: T[]): T => of[Math.floor(random() * of.length)]!;
  for (let n = 0; n < count; n++) {
    slip(one(random() < 0.75 ? LETTERS : OTHERS));
    if (random() < 0.1) await new Promise((done) => setTimeout(done, 0));
    look();
  }
  // The last answers come.
  await new Promise((done) => setTimeout(done, 300));
  look();
  return [...met];
}

const mishaps = (): string[] => [
  ...toasts.shown.filter((it) => it.bad && it.text.includes('inattendue')).map((it) => it.text),
  ...[rows.problem, shown.problem, replies.problem].flatMap((it) => (it?.problem === 'unexpected' ? [it.what] : [])),
];
