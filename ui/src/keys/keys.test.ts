// No letter acts while someone writes, whatever the keyboard.
import { describe, expect, it } from 'vitest';
import { actionOf } from './keys.svelte';

function press(key: string, over: KeyboardEventInit = {}, target: Element = document.body): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...over });
  target.dispatchEvent(event);
  return event;
}
const inside = (html: string, find: string): Element => {
  document.body.replaceChildren(document.createRange().createContextualFragment(html));
  return document.querySelector(find)!;
};

describe('actionOf', () => {
  it('knows its keys', () => {
    expect(['j', 'k', 'e', 'r', 'z', '/', 't', 's', '?'].map((key) => actionOf(press(key), true))).toEqual([
      'next', 'previous', 'done', 'reply', 'undo', 'template', 'template', 'later', 'help',
    ]);
  });
  it('takes capitals, and the digits of a keyboard that writes letters there', () => {
    expect(actionOf(press('J', { shiftKey: true }), true)).toBe('next');
    expect(actionOf(press('&', { code: 'Digit1' }), true)).toBe('owed');
  });
  it.each(['textarea', 'input', 'select'])('is silent in a %s', (tag) => {
    const field = inside(`<${tag}></${tag}>`, tag);
    expect(actionOf(press('j', {}, field), true)).toBeNull();
    expect(actionOf(press('1', { code: 'Digit1' }, field), true)).toBeNull();
  });
  it('is silent in a dialog and in a menu', () => {
    expect(actionOf(press('e', {}, inside('<dialog open><button>x</button></dialog>', 'button')), true)).toBeNull();
    expect(actionOf(press('e', {}, inside('<div popover><button>x</button></div>', 'button')), true)).toBeNull();
  });
  it('leaves Alt, AltGr, Ctrl and Meta alone', () => {
    expect(actionOf(press('j', { altKey: true }), true)).toBeNull();
    const altGr = press('e');
    Object.defineProperty(altGr, 'getModifierState', { value: (name: string) => name === 'AltGraph' });
    expect(actionOf(altGr, true)).toBeNull();
    expect(actionOf(press('s', { ctrlKey: true }), true)).toBeNull();
    expect(actionOf(press('j', { metaKey: true }), true)).toBeNull();
  });
  it('can be switched off, Ctrl+K and the arrows of the list apart', () => {
    expect(actionOf(press('j'), false)).toBeNull();
    expect(actionOf(press('k', { ctrlKey: true }), false)).toBe('palette');
    expect(actionOf(press('ArrowDown', {}, inside('<div role="grid" tabindex="0"></div>', 'div')), false)).toBe('next');
  });
});
