// The whole interface on the fake backend, opened and handled as a person does: what the tests of several screens share.
import { cleanup, configure, render, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, vi } from 'vitest';
import App from '../App.svelte';
import { use } from '../backend';
import { fake, type Fake, type Options } from '../backend/fake';
import { shown } from '../conversation/shown.svelte';
import { reset } from '../desk/place.svelte';
import { replies } from '../outbox/replies.svelte';
import { toasts } from '../parts/toasts.svelte';
// Read with this file, while no wait of a test runs: on a busy machine its sources take seconds to be compiled.
import '../screens';

/** The fake that the page stands on; another one a test. */
export let made: Fake;

/** Called once a file: every test begins on a clean page. A busy machine is slow, not wrong. */
export function eachOnItsOwn(): void {
  vi.setConfig({ testTimeout: 30_000 });
  configure({ asyncUtilTimeout: 8_000 });
  beforeEach(() => { reset(); shown.reset(); replies.clear(); toasts.shown = []; });
  afterEach(cleanup);
}

export const find = <E extends Element = HTMLElement>(selector: string): E => {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
export const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
export const heard = (name: string) => made.heard.filter((it) => it.name === name);
export const button = (within: string, text: string): HTMLElement => {
  const found = all(`${within} button`).find((it) => it.textContent?.trim().startsWith(text));
  if (!found) throw new Error(`no button ${text} in ${within}`);
  return found;
};
export const toast = () => all('.toast').map((it) => it.textContent).join(' ');
export const submit = (selector: string) => find<HTMLFormElement>(selector).dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));

export function press(key: string, over: KeyboardEventInit = {}): void {
  (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...over }));
}

/** A field filled as by typing. */
export function type(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** The entries of a menu are drawn only once it opens; here nothing opens a popover by itself. */
export async function unfold(menu: string): Promise<void> {
  find(menu).dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
  await waitFor(() => find(`${menu} :is([role=menuitem], [role=menuitemradio])`));
}

export async function open(options: Options = {}, before: (made: Fake) => void = () => {}): Promise<void> {
  made = fake(options);
  before(made);
  use(made);
  render(App);
  await waitFor(() => find('[role=grid]'));
}

/** The outbox, once its replies are drawn. */
export async function openOutbox(options: Options = {}, before: (made: Fake) => void = () => {}): Promise<void> {
  await open(options, before);
  press('5');
  await waitFor(() => find('[data-reply]'));
}

export const stored = (id: number) => made.world.replies.get(id)!;
export const section = (name: string) => find(`[aria-labelledby="outbox-${name}"]`);
export const sectionIds = (name: string) => [...section(name).querySelectorAll<HTMLElement>('[data-reply]')].map((it) => Number(it.dataset['reply']));
/** A whole section chosen by its box. */
export const choose = (name: string) => section(name).querySelector<HTMLElement>('header input')!.click();
