// A reply being written: its text with what a template filled, to whom it goes, and what keeps it from leaving.
//
// It is in the store within 300 ms of a keystroke, and at once when one leaves it; saves of one conversation go one after
// the other, so that the text edited last is the one that stays. What the store says about the draft
// is taken over only where nothing is waiting to be saved: an undo or a reply taken back brings its text here.
import {
  call, problem, type Acted, type Addressee, type Checked, type ConversationView, type DraftView, type Filled, type Leak, type Millis, type ReplyId, type TemplateUse,
  type TemplateView, type Visibility,
} from '../backend';
import { attempt, goOn, said } from '../desk/acts';
import { complain } from '../desk/desk.svelte';
import { handOver } from '../outbox/hand';
import { at as atMoment } from '../words/dates.svelte';
import { t } from '../words/words.svelte';
import { shift, type Range } from './ranges';

export const SAVE_AFTER = 200;
const CHECK_AFTER = 80;

/** What was asked of the store about a conversation's draft last. */
const asked = new Map<number, Promise<unknown>>();

/** After whatever was asked before it, by this composer or by one that was left. */
function inTurn<T>(conversation: number, ask: () => Promise<T>): Promise<T> {
  const mine = (asked.get(conversation) ?? Promise.resolve()).then(ask, ask);
  asked.set(conversation, mine);
  const done = () => { if (asked.get(conversation) === mine) asked.delete(conversation); };
  mine.then(done, done);
  return mine;
}

interface Insertion { template: TemplateView; start: number; text: string; answers: Record<string, string> }

export class Writing {
  readonly conversation: number;
  text = $state('');
  to = $state.raw<Addressee[]>([]);
  visibility = $state<Visibility | null>(null);
  /** A content warning; null: none. */
  warning = $state<string | null>(null);
  /** When it should leave; null: as soon as may be. */
  sendAt = $state<Millis | null>(null);
  template = $state.raw<TemplateUse | null>(null);
  filled = $state.raw<Range[]>([]);
  /** What the template still asks. */
  questions = $state.raw<string[]>([]);
  checked = $state.raw<Checked>();
  sending = $state(false);
  /** Whether its client's replies wait for a yes. */
  toApprove = $state(false);

  #insertion: Insertion | undefined;
  #saved = '';
  /** The audience last offered: while nothing is written, it is the one written to. */
  #offered = '';
  /** Saves on their way: what is read meanwhile may be older than they are. */
  #flying = 0;
  #saving: ReturnType<typeof setTimeout> | undefined;
  #checking: ReturnType<typeof setTimeout> | undefined;
  #check = 0;

  constructor(view: ConversationView) {
    this.conversation = view.row.id;
    this.#take(view.draft, view);
    // Not at once: `j` held down passes over many.
    this.#checking = setTimeout(() => void this.check(), CHECK_AFTER);
  }

  /** The last word: what is not saved yet is. */
  leave(): void {
    clearTimeout(this.#checking);
    void this.save();
  }

  /** What would be saved, and what is sent. */
  draft(): DraftView {
    return { text: this.text, to: this.to, visibility: this.visibility, warning: this.warning, template: this.template, sendAt: this.sendAt, at: Date.now() };
  }

  edit(text: string): void {
    this.filled = shift(this.filled, this.text, text);
    const checked = this.checked;
    if (checked) this.checked = { ...checked, leaks: moved(checked.leaks, this.text, text) };
    this.text = text;
    this.questions = this.questions.filter((name) => text.includes(`[${name}]`));
    if (!text) this.template = null;
    this.touched();
  }

  /** Anything but the text changed, or the text did: saved soon, counted soon. */
  touched(): void {
    // Counted from the first keystroke: a hand that never pauses is saved too.
    this.#saving ??= setTimeout(() => void this.save(), SAVE_AFTER);
    clearTimeout(this.#checking);
    this.#checking = setTimeout(() => void this.check(), CHECK_AFTER);
  }

  async save(): Promise<void> {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    // A save while a reply leaves would bring the sent text back as a draft; `send` sees to what was typed meanwhile.
    if (this.sending || this.#key() === this.#saved) return;
    this.#flying++;
    await inTurn(this.conversation, () => this.#keep());
    this.#flying--;
  }

  /** Its turn has come: what is written by now. */
  async #keep(): Promise<void> {
    if (this.sending || this.#key() === this.#saved) return;
    const before = this.#saved;
    this.#saved = this.#key();
    try {
      await call('save_draft', { conversation: this.conversation, draft: this.draft() });
    } catch (thrown) {
      // Said, and tried again with the next keystroke or when one leaves.
      this.#saved = before;
      complain(problem(thrown));
    }
  }

  async check(): Promise<Checked | undefined> {
    clearTimeout(this.#checking);
    const turn = ++this.#check;
    const asked = this.text;
    const checked = await attempt(() => call('check', { conversation: this.conversation, draft: this.draft() }));
    if (checked && turn === this.#check && asked === this.text) this.checked = checked;
    return checked;
  }

  /**
   * The conversation was read again: its draft is taken over where it is not the one being written here, and its
   * audience where nothing is. Once there is a text, whom it is for is the CM's choice.
   */
  follow(view: ConversationView): void {
    if (this.sending || this.#flying) return;
    if (this.#key() !== this.#saved) return this.#narrow(view);
    if (key(view.draft, view) !== this.#saved) this.#take(view.draft, view);
    else if (!this.text.trim() && offered(view) !== this.#offered) this.#address(null, view);
    else return this.#narrow(view);
    void this.check();
  }

  /** Puts a template where it was called. */
  async fill(template: TemplateView, start: number, end: number): Promise<void> {
    const filled = await attempt(() => call('fill', { template: template.id, conversation: this.conversation, answers: {} }));
    if (!filled) return;
    this.#put(template, filled, start, end, {});
  }

  /** Answers one of the template's questions. */
  async answer(name: string, value: string): Promise<void> {
    const put = this.#insertion;
    if (!value.trim()) return;
    if (put && this.text.slice(put.start, put.start + put.text.length) === put.text) {
      const answers = { ...put.answers, [name]: value.trim() };
      const filled = await attempt(() => call('fill', { template: put.template.id, conversation: this.conversation, answers }));
      if (filled) this.#put(put.template, filled, put.start, put.start + put.text.length, answers);
      return;
    }
    // The text was changed since: only the marked place is filled.
    const blank = `[${name}]`;
    const at = this.text.indexOf(blank);
    if (at < 0) return;
    this.edit(this.text.slice(0, at) + value.trim() + this.text.slice(at + blank.length));
    this.filled = [...this.filled, { start: at, end: at + value.trim().length }];
  }

  async send(): Promise<boolean> {
    const sent = await this.#leave(true);
    if (!sent) return false;
    this.#told(sent.acted, sent.draft);
    if (sent.whole) await goOn(this.conversation);
    return true;
  }

  /** The CM publishes it: taken in, copied, and its page opened. It stays on screen, to be asked about. */
  async handOver(): Promise<boolean> {
    const sent = await this.#leave(false);
    // Where it may not be copied now it waits in view, with its reason.
    if (sent) await handOver(sent.reply);
    return sent !== undefined;
  }

  /** Puts what is on screen in the outbox; `whole`: nothing was typed meanwhile. Undefined: it stays a draft. */
  async #leave(thenDone: boolean): Promise<{ reply: ReplyId; acted: Acted; draft: DraftView; whole: boolean } | undefined> {
    if (this.sending) return undefined;
    this.sending = true;
    // What is on screen now is what is checked and what leaves, whatever is typed before the answer.
    const draft = this.draft();
    const checked = await this.check();
    const able = checked && !checked.leaks.length;
    const sent = able ? await attempt(() => inTurn(this.conversation, () => call('send_reply', { conversation: this.conversation, draft, thenDone }))) : undefined;
    this.sending = false;
    if (!sent) {
      await this.save();
      return undefined;
    }
    const whole = this.text === draft.text;
    if (whole) this.#clear();
    else {
      // Still writing here: the text stays, as a new draft.
      this.#saved = '';
      await this.save();
    }
    return { ...sent, draft, whole };
  }

  /** What became of it: it leaves, at an instant, after somebody's yes. */
  #told(acted: Acted, { sendAt }: DraftView): void {
    if (this.toApprove) said(t('toast.proposed'), acted);
    else if (sendAt !== null && sendAt > Date.now()) said(t('toast.scheduled'), acted, t('toast.will_leave', { time: atMoment(sendAt) }));
    else said(t('act.send_reply'), acted);
  }

  async discard(): Promise<void> {
    await this.save();
    const acted = await attempt(() => inTurn(this.conversation, () => call('discard_draft', { conversation: this.conversation })));
    if (!acted) return;
    this.#clear();
    said(t('act.discard_draft'), acted);
  }

  #put(template: TemplateView, { template: use, text, filled, missing }: Filled, start: number, end: number, answers: Record<string, string>): void {
    const before = this.text;
    const after = before.slice(0, start) + text + before.slice(end);
    this.filled = [...shift(this.filled.filter((r) => r.end <= start || r.start >= end), before, after), ...filled.map(([a, b]) => ({ start: start + a, end: start + b }))];
    this.text = after;
    this.template = use;
    this.questions = [...new Set(missing.map((m) => m.name))];
    this.#insertion = { template, start, text, answers };
    this.touched();
    void this.check();
  }

  #take(draft: DraftView | null, view: ConversationView): void {
    this.text = draft?.text ?? '';
    this.#address(draft, view);
    this.warning = draft?.warning ?? null;
    this.sendAt = draft?.sendAt ?? null;
    this.template = draft?.template ?? null;
    this.filled = [];
    this.questions = [];
    this.#insertion = undefined;
    this.#saved = this.#key();
    this.#narrow(view);
  }

  #address(draft: DraftView | null, view: ConversationView): void {
    this.to = draft?.to.length ? draft.to : view.composer.to;
    this.visibility = draft?.visibility ?? view.composer.visibility;
    this.#offered = offered(view);
  }

  /** What is answered may have become more private: no text goes out wider. */
  #narrow({ composer }: ConversationView): void {
    if (this.visibility === null || composer.visibilities.includes(this.visibility)) return;
    this.visibility = composer.visibility;
    this.touched();
  }

  #clear(): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    Object.assign(this, { text: '', warning: null, sendAt: null, template: null, filled: [], questions: [] });
    this.#insertion = undefined;
    this.#saved = this.#key();
    this.#offered = '';
    void this.check();
  }

  #key(): string {
    return keyOf(this.text, this.to, this.visibility, this.warning, this.sendAt);
  }
}

const offered = ({ composer }: ConversationView) => JSON.stringify([composer.to, composer.visibility]);

// Blanks alone are no draft: the store keeps none.
const keyOf = (text: string, to: Addressee[], visibility: Visibility | null, warning: string | null, sendAt: Millis | null) =>
  JSON.stringify(text.trim() ? [text, to.map((a) => a.remote), visibility, warning, sendAt] : ['']);

function key(draft: DraftView | null, view: ConversationView): string {
  return keyOf(draft?.text ?? '', draft?.to.length ? draft.to : view.composer.to, draft?.visibility ?? view.composer.visibility, draft?.warning ?? null, draft?.sendAt ?? null);
}

/** Leaks whose place moved with the text; those that were touched wait for the next check. */
function moved(leaks: Leak[], before: string, after: string): Leak[] {
  return leaks.flatMap((leak): Leak[] => ('start' in leak ? shift([leak], before, after) : [leak]));
}
