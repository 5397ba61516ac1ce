// Every pair of text and ground that the interface draws, measured in both themes: 4.5:1 or better (WCAG 2.2, 1.4.3).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync('src/tokens.css', 'utf8').split('@media')[0]!;
const pairs = new Map([...css.matchAll(/--([\w-]+):\s*light-dark\((#\w{6}),\s*(#\w{6})\)/g)].map((m) => [m[1]!, [m[2]!, m[3]!] as const]));

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x! + 0.05) / (y! + 0.05);
}

const grounds: Record<string, string[]> = {
  ink: ['bg', 'pane', 'raise', 'accent-soft', 'warn-soft'], 'ink-2': ['bg', 'pane', 'raise', 'accent-soft'], 'ink-3': ['bg', 'pane', 'raise'],
  accent: ['bg', 'pane', 'raise', 'accent-soft'], 'accent-ink': ['accent'], warn: ['bg', 'pane', 'warn-soft'], bad: ['bg', 'pane', 'bad-soft'], good: ['bg', 'pane', 'good-soft'],
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((n) => [`c${n}`, ['pane', 'accent-soft']])),
};

describe('contrast', () => {
  for (const [theme, at] of [['light', 0], ['dark', 1]] as const) {
    for (const [text, on] of Object.entries(grounds)) {
      it.each(on)(`${theme}: ${text} on %s`, (ground) => {
        expect(contrast(pairs.get(text)![at], pairs.get(ground)![at])).toBeGreaterThanOrEqual(4.5);
      });
    }
    it(`${theme}: a client's letter on its colour`, () => {
      const letter = at === 0 ? '#ffffff' : '#161614';
      for (let n = 1; n <= 8; n++) expect(contrast(letter, pairs.get(`c${n}`)![at])).toBeGreaterThanOrEqual(4.5);
    });
  }
});
