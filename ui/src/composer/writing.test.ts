// Whom a reply goes to, and that no keystroke is lost, whatever is read or sent meanwhile.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { use, type ConversationView, type DraftView, type Visibility } from '../backend';
import { SAVE_AFTER, Writing } from './writing.svelte';

type Answer = (args: Record<string, unknown>) => unknown;
let answers: Record<string, Answer>;
let saved: DraftView[];

const someone = (name: string) => ({ remote: name, handle: `${name}@exemple.test` });
const text = (words: string, over: Partial<DraftView> = {}): DraftView =>
  ({ text: words, to: [someone('lea')], visibility: 'public', warning: null, template: null, sendAt: null, at: 0, ...over });

/** What the store says: who wrote last, how privately, and the draft it keeps. */
function view(author = 'lea', visibility: Visibility = 'public', draft: DraftView | null = null): ConversationView {
  const all: Visibility[] = ['public', 'unlisted', 'followers', 'direct'];
  const composer = { to: [someone(author)], visibility, visibilities: all.slice(all.indexOf(visibility)) };
  return { row: { id: 1 }, draft, composer } as unknown as ConversationView;
}

/** An answer that comes when the test says so. */
function awaited() {
  let come!: (value: unknown) => void, fail!: (thrown: unknown) => void;
  const answer = new Promise((resolve, reject) => { come = resolve; fail = reject; });
  return { answer, come, fail };
}
const settle = () => vi.advanceTimersByTimeAsync(0);
const audience = (writing: Writing) => [writing.to.map((it) => it.remote), writing.visibility];

beforeEach(() => {
  vi.useFakeTimers();
  saved = [];
  answers = {
    check: () => ({ count: 0, most: 500, leaks: [] }),
    save_draft: ({ draft }) => { saved.push(draft as DraftView); return {}; },
    send_reply: () => ({ acted: { act: null, change: {} } }),
  };
  use({ call: async (name, args) => answers[name]?.(args), changes: () => () => {}, closing: () => () => {} });
});
afterEach(() => vi.useRealTimers());

describe('the audience', () => {
  it('is who wrote last, while nothing is written', () => {
    const writing = new Writing(view('lea', 'public'));
    writing.follow(view('hugo', 'direct'));
    expect(audience(writing)).toEqual([['hugo'], 'direct']);
    writing.edit(' ');
    writing.follow(view('ines', 'direct'));
    expect(audience(writing)).toEqual([['ines'], 'direct']);
    expect(writing.text).toBe(' ');
  });

  it('is who the CM chose, while nothing new is offered', () => {
    const writing = new Writing(view('lea', 'public'));
    writing.visibility = 'direct';
    writing.touched();
    writing.follow(view('lea', 'public'));
    expect(audience(writing)).toEqual([['lea'], 'direct']);
  });

  it('stays the text’s own once there is one, and never wider than allowed', async () => {
    const writing = new Writing(view('lea', 'public'));
    writing.edit('Bonjour Léa');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER);
    writing.follow(view('hugo', 'public', saved.at(-1)));
    expect(audience(writing)).toEqual([['lea'], 'public']);
    writing.follow(view('hugo', 'followers', saved.at(-1)));
    expect(audience(writing)).toEqual([['lea'], 'followers']);
    await vi.advanceTimersByTimeAsync(SAVE_AFTER);
    expect(saved.at(-1)?.visibility).toBe('followers');
    expect(audience(new Writing(view('hugo', 'direct', text('Bonjour Léa'))))).toEqual([['lea'], 'direct']);
  });
});

describe('the text', () => {
  it('is saved under a hand that never pauses', async () => {
    const writing = new Writing(view());
    for (let n = 1; n <= 10; n++) {
      writing.edit('a'.repeat(n));
      await vi.advanceTimersByTimeAsync(SAVE_AFTER / 2);
    }
    expect(saved.length).toBeGreaterThan(2);
  });

  it('is kept when the reply could not leave', async () => {
    const sent = awaited();
    answers.send_reply = () => sent.answer;
    const writing = new Writing(view());
    writing.edit('Merci');
    const sending = writing.send();
    await settle();
    writing.edit('Merci bien');
    writing.leave();
    sent.fail({ problem: 'offline' });
    expect(await sending).toBe(false);
    expect(saved.map((it) => it.text)).toEqual(['Merci bien']);
  });

  it('typed while the reply leaves stays, and what was on screen is what leaves', async () => {
    const sent = awaited();
    const left: unknown[] = [];
    answers.send_reply = ({ draft }) => { left.push((draft as DraftView).text); return sent.answer; };
    const writing = new Writing(view());
    writing.edit('Merci');
    const sending = writing.send();
    writing.edit('Merci b');
    await settle();
    writing.edit('Merci bien');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER);
    expect(saved).toEqual([]);
    sent.come({ acted: { act: null, change: {} } });
    expect(await sending).toBe(true);
    expect(left).toEqual(['Merci']);
    expect(writing.text).toBe('Merci bien');
    expect(saved.map((it) => it.text)).toEqual(['Merci bien']);
  });

  it('edited last is the one that stays, however long a save takes', async () => {
    const first = awaited();
    let stored = '';
    const store = ({ draft }: Record<string, unknown>) => { stored = (draft as DraftView).text; return {}; };
    answers.save_draft = async (args) => { answers.save_draft = store; await first.answer; return store(args); };
    const writing = new Writing(view());
    writing.edit('Mer');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER);
    writing.edit('Merci');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER);
    writing.edit('Merci bien');
    writing.leave();
    // Opened again meanwhile, and written on.
    const again = new Writing(view('lea', 'public', text('Merci bien')));
    again.edit('Merci bien !');
    again.leave();
    await settle();
    expect(stored).toBe('');
    first.come({});
    await settle();
    expect(stored).toBe('Merci bien !');
  });

  it('that leaves is not saved as a draft after it left', async () => {
    const first = awaited();
    const told: string[] = [];
    answers.save_draft = async () => { await first.answer; told.push('saved'); return {}; };
    answers.send_reply = () => { told.push('sent'); return { acted: { act: null, change: {} } }; };
    const writing = new Writing(view());
    writing.edit('Merci');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER);
    const sending = writing.send();
    await settle();
    first.come({});
    expect(await sending).toBe(true);
    expect(told).toEqual(['saved', 'sent']);
  });

  it('is not overwritten by what was read before it was saved', async () => {
    const kept = awaited();
    const writing = new Writing(view('lea', 'public', text('Bon')));
    answers.save_draft = () => kept.answer;
    writing.edit('Bonjour');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER);
    writing.follow(view('lea', 'public', text('Bon')));
    expect(writing.text).toBe('Bonjour');
    kept.come({});
  });
});
