// Every state of a reply is said in words, in both languages.
import { afterEach, describe, expect, it } from 'vitest';
import type { ReplyState } from '../backend';
import { leakWords, reasonWords, stateTone, stateWords, wording } from './wording';
import { speech, tn } from './words.svelte';

const at = new Date(2027, 2, 3, 20, 14).getTime();
const states: ReplyState[] = [
  { state: 'waiting', why: { why: 'turn' } }, { state: 'waiting', why: { why: 'until', at } }, { state: 'waiting', why: { why: 'network' } },
  { state: 'waiting', why: { why: 'earlier' } }, { state: 'waiting', why: { why: 'login' } }, { state: 'waiting', why: { why: 'blocked', until: null } },
  { state: 'waiting', why: { why: 'blocked', until: at } }, { state: 'waiting', why: { why: 'conflict', conflict: 'gone' } },
  { state: 'waiting', why: { why: 'conflict', conflict: 'edited' } }, { state: 'waiting', why: { why: 'conflict', conflict: 'answered' } },
  { state: 'sending' }, { state: 'sent', private: false, altered: false }, { state: 'sent', private: true, altered: false }, { state: 'sent', private: false, altered: true },
  { state: 'refused', reason: { code: 'gone', said: null } }, { state: 'unsure', lookedAt: null, candidates: [] }, { state: 'unsure', lookedAt: at, candidates: [] },
  { state: 'taken_back' }, { state: 'discarded' },
];

afterEach(() => { speech.lang = 'fr'; });

describe('states', () => {
  it.each(['fr', 'en'] as const)('are all said, each its own way (%s)', (lang) => {
    speech.lang = lang;
    const said = states.map(stateWords);
    expect(said.filter((words) => words.startsWith('state.') || words.includes('{'))).toEqual([]);
    expect(new Set(said).size).toBe(states.length);
  });
  it('say the hour as French does', () => {
    expect(stateWords(states[1]!)).toContain('20\u00a0h\u00a014');
  });
  it('say a private reply is sent, a public one published', () => {
    speech.lang = 'fr';
    expect(stateWords(states[12]!)).toBe('envoyée');
    expect(stateWords(states[11]!)).toBe('publiée');
  });
  it('do not say "not found" beside what was found', () => {
    expect(stateWords({ state: 'unsure', lookedAt: at, candidates: [7] })).not.toContain('20');
  });
  it('colour only what wants the person', () => {
    expect(stateTone({ state: 'refused', reason: { code: 'gone', said: null } })).toBe('bad');
    expect(stateTone({ state: 'unsure', lookedAt: null, candidates: [] })).toBe('warn');
    expect(stateTone({ state: 'taken_back' })).toBe('plain');
  });
});

describe('words', () => {
  it('put the network’s own after ours', () => {
    expect(reasonWords({ code: 'forbidden', said: 'Not allowed' })).toMatch(/droit.*Not allowed/);
  });
  it('count zero as each language does', () => {
    speech.lang = 'fr';
    expect(tn('desk.count', 0)).toBe('0 fil');
    speech.lang = 'en';
    expect(tn('desk.count', 0)).toBe('0 conversations');
  });
  it('name what leaks', () => {
    expect(leakWords({ leak: 'other_client', start: 0, end: 3, name: 'Perrin' })).toContain('Perrin');
    expect(wording({ problem: 'leaks', leaks: [{ leak: 'too_long', by: 12, bytes: false }] })).toContain('12');
  });
});
