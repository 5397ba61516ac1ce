// Links stay text around their host, and never become more.
import { describe, expect, it } from 'vitest';
import { hides, hostOf, parts, quotation, unaddressed } from './prose';

describe('parts', () => {
  it('cuts a text at its links', () => {
    const made = parts('Voir ici merci', [{ start: 5, end: 8, url: 'https://exemple.fr/a' }]);
    expect(made).toEqual([{ text: 'Voir ' }, { text: 'ici', url: 'https://exemple.fr/a', host: 'exemple.fr' }, { text: ' merci' }]);
  });
  it('leaves what is no web address as text', () => {
    expect(parts('cliquez', [{ start: 0, end: 7, url: 'javascript:alert(1)' }])).toEqual([{ text: 'cliquez' }]);
    expect(parts('abc', [{ start: 1, end: 9, url: 'https://exemple.fr' }])).toEqual([{ text: 'abc' }]);
  });
  it('shows the host where the words hide it, not after a mention or a tag', () => {
    expect(hides({ text: 'ici', url: 'https://exemple.fr/a', host: 'exemple.fr' })).toBe(true);
    expect(hides({ text: 'exemple.fr/a', url: 'https://exemple.fr/a', host: 'exemple.fr' })).toBe(false);
    expect(hides({ text: '@lea', url: 'https://exemple.fr/@lea', host: 'exemple.fr' })).toBe(false);
  });
  it('goes without those it is addressed to, unless they are all there is', () => {
    expect(unaddressed('@quaivert @lea@ailleurs.example Bonsoir @Hugo')).toBe('Bonsoir @Hugo');
    expect(unaddressed('@quaivert')).toBe('@quaivert');
  });
  it.each([
    ['Merci !\n\nLe 21 nov. 2026 à 18:42, vous avez écrit :\n> Bonjour,\n> oui.\n', 'Merci !'],
    ['Thanks.\n\nOn Tuesday the theatre of the green quay <desk@theatre.example>\nwrote:\n> Yes.', 'Thanks.'],
    ['Merci.\n> Oui.\n\n> Non.', 'Merci.'],
    ['Merci.\nLe mar. 3 mars 2026 à 18:42, Théâtre du Quai vert\n<guichet@quai-vert.example> a écrit :\n> Oui.', 'Merci.'],
    // What the writer says themselves is never folded.
    ['Bonjour,\nOn arrive à 18 h ?\nLe 21 nov., vous avez écrit :\n> Oui.', 'Bonjour,\nOn arrive à 18 h ?'],
    ['Bonjour,\nOn arrive le 3 mars 2026\nLe 21 nov., vous avez écrit :\n> Oui.', 'Bonjour,\nOn arrive le 3 mars 2026'],
    ['Le colis manque.\nVous disiez :\n> Oui.', 'Le colis manque.'],
    ['Le colis de 2025 manque !\nVous disiez :\n> Oui.', 'Le colis de 2025 manque !'],
    ['On arrive à 18 h\nVous disiez :\n> Oui.', 'On arrive à 18 h'],
    ['> Vous venez ?\nOui.', null],
    ['Deux choix :\nun, deux', null],
    ['> rien que cela', null],
    ['', null],
  ])('folds what a letter repeats at its end: %j', (text, said) => {
    expect(text.slice(0, quotation(text))).toBe(said ?? text);
  });
  it('spells look-alike letters out', () => {
    expect(hostOf('https://ехample.com/')).toMatch(/^xn--/);
  });
});
