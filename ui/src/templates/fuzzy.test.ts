// A few letters find a template; its preview shows what is still missing.
import { describe, expect, it } from 'vitest';
import type { TemplateView } from '../backend';
import { fuzzy } from './fuzzy';
import { preview } from './preview';

const one = (id: number, code: string, title: string, uses = 0): TemplateView => ({ id, version: 1, code, title, text: '', lang: null, clients: [], uses, lastUsed: null });
const all = [one(1, 'merci', 'Merci', 40), one(2, 'retard', 'Commande en retard'), one(3, 'pmr', 'Accès en fauteuil')];

describe('fuzzy', () => {
  it('puts the code first, then the title, without accents', () => {
    expect(fuzzy(all, 'ret').map((it) => it.id)).toEqual([2]);
    expect(fuzzy(all, 'acces').map((it) => it.id)).toEqual([3]);
    expect(fuzzy(all, 'mrc').map((it) => it.id)).toEqual([1]);
    expect(fuzzy(all, 'zzz')).toEqual([]);
  });
  it('gives the most used first where nothing is asked', () => {
    expect(fuzzy(all, '')[0]?.id).toBe(1);
  });
});

describe('preview', () => {
  it('fills what it knows and marks what is asked', () => {
    const shown = preview('Bonjour {{ prénom }}, {{ demander("numéro") }} {{ ville | défaut("ici") }}', { 'prénom': 'Léa' });
    expect(shown.map((part) => [part.text, part.kind])).toEqual([
      ['Bonjour ', 'plain'], ['Léa', 'filled'], [', ', 'plain'], ['[numéro]', 'blank'], [' ', 'plain'], ['ici', 'filled'],
    ]);
  });
});
