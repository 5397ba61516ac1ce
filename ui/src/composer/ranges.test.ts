// Marks follow the text that is typed around them.
import { describe, expect, it } from 'vitest';
import { called, segments, shift } from './ranges';

describe('shift', () => {
  it('moves what stands after the change', () => {
    expect(shift([{ start: 8, end: 11 }], 'Bonjour Léa', 'Bonsoir, Léa')).toEqual([{ start: 9, end: 12 }]);
  });
  it('drops what was touched', () => {
    expect(shift([{ start: 8, end: 11 }], 'Bonjour Léa', 'Bonjour Lo')).toEqual([]);
  });
  it('keeps what stands before', () => {
    expect(shift([{ start: 0, end: 3 }], 'Léa ?', 'Léa, ça va ?')).toEqual([{ start: 0, end: 3 }]);
  });
});

describe('segments', () => {
  it('cuts the text at its marks, a leak over a filling', () => {
    const cut = segments('Bonjour Léa [x]', [{ start: 8, end: 15 }], [{ start: 12, end: 15 }]);
    expect(cut.map((s) => [s.text, s.kind])).toEqual([['Bonjour ', 'plain'], ['Léa ', 'filled'], ['[x]', 'leak']]);
  });
});

describe('called', () => {
  it('is a slash at the start of a word, before the caret', () => {
    expect(called('Oui /ret', 8)).toEqual({ start: 4, words: 'ret' });
    expect(called('/', 1)).toEqual({ start: 0, words: '' });
  });
  it('is no slash inside a word, nor after a space', () => {
    expect(called('et/ou', 5)).toBeNull();
    expect(called('/ret ', 5)).toBeNull();
    expect(called('https://a', 9)).toBeNull();
  });
});
