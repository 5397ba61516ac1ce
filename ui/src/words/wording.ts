// The core's codes as sentences: problems, faults, refusals, health, states, leaks. One place for each code.
import type { Fault, Health, HoldView, Leak, Problem, Publication, Reason, ReplyState, Triage, Visibility, Waiting } from '../backend';
import { at as atMoment, moment, time } from './dates.svelte';
import { coded, t, tn, type Key } from './words.svelte';

export function wording(problem: Problem): string {
  switch (problem.problem) {
    case 'network': return faultWords(problem.fault);
    case 'leaks': {
      const [first] = problem.leaks;
      return first ? leakWords(first) : t('problem.leaks');
    }
    case 'template': return t(`problem.template.${problem.what}`, { line: problem.line, name: problem.name });
    case 'picture': return t(`problem.picture.${problem.what}`, { most: problem.most });
    case 'file': return t(`problem.file.${problem.what}`, { most: problem.most });
    case 'invalid': return t('problem.invalid', { field: problem.field });
    case 'passphrase': return t(problem.wrong ? 'problem.passphrase_wrong' : 'problem.passphrase');
    case 'no_file': return t('problem.no_file', { file: problem.file });
    case 'unexpected': return t('problem.unexpected', { what: problem.what });
    default: return t(`problem.${problem.problem}`);
  }
}

export function faultWords(fault: Fault): string {
  switch (fault.fault) {
    case 'later': return t('fault.later', { time: moment(fault.after) });
    case 'refused': return t('fault.refused', { reason: reasonWords(fault.reason) });
    case 'blocked':
      return fault.until === null
        ? t(`fault.blocked.${fault.scope}`)
        : t(`fault.blocked_until.${fault.scope}`, { time: moment(fault.until) });
    case 'offline': return t(`unreached.${fault.why}`);
    default: return t(`fault.${fault.fault}`);
  }
}

/** Ours first, then the network's own words. */
export function reasonWords({ code, said }: Reason): string {
  const ours = coded(`refusal.${code}`, code);
  return said ? t('refusal.said', { reason: ours, said }) : ours;
}

export function healthWords(health: Health): string {
  switch (health.health) {
    case 'waiting': return t('health.waiting', { time: moment(health.until) });
    case 'blocked': return health.until === null ? t('health.blocked') : t('health.blocked_until', { time: moment(health.until) });
    case 'offline': return t(`unreached.${health.why}`);
    default: return t(`health.${health.health}`);
  }
}

export type Tone = 'plain' | 'warn' | 'bad' | 'good' | 'accent';

export function stateWords(state: ReplyState): string {
  switch (state.state) {
    case 'waiting': return waitingWords(state.why);
    case 'sent': return t(state.altered ? 'state.sent.altered' : state.private ? 'state.sent.private' : 'state.sent.public');
    case 'refused': return t('state.refused', { reason: coded(`refusal.${state.reason.code}`, state.reason.code) });
    case 'unsure':
      // Where something was found, "not found" would contradict what is in view.
      return state.lookedAt === null || state.candidates.length ? t('state.unsure') : t('state.unsure_at', { time: moment(state.lookedAt) });
    case 'held': return heldWords(state.hold);
    default: return t(`state.${state.state}`);
  }
}

/** Why it is held, in the words of whoever held it. */
function heldWords({ why, byProgram }: HoldView): string {
  const said = why || (byProgram ? t('hold.by_program') : '');
  return said ? t('state.held_why', { why: said }) : t('state.held');
}

function waitingWords(why: Waiting): string {
  switch (why.why) {
    case 'until': return t('state.waiting.until', { time: time(why.at) });
    case 'scheduled': return t('state.waiting.scheduled', { time: atMoment(why.at) });
    case 'blocked': return why.until === null ? t('state.waiting.blocked') : t('state.waiting.blocked_until', { time: moment(why.until) });
    case 'conflict': return t(`state.waiting.conflict.${why.conflict}`);
    default: return t(`state.waiting.${why.why}`);
  }
}

/** A state in a row, where there is room for two words. */
export function stateShort(state: ReplyState): string {
  if (state.state === 'refused') return t('chip.refused');
  if (state.state === 'unsure') return t('state.unsure');
  if (state.state === 'held') return t('state.held');
  if (state.state === 'handed') return t('chip.handed');
  if (state.state === 'waiting' && state.why.why === 'hand') return t('chip.hand');
  if (state.state === 'waiting' && state.why.why === 'scheduled') return t('chip.scheduled');
  if (state.state === 'waiting' && state.why.why === 'conflict') return t('chip.conflict');
  if (state.state === 'waiting' && state.why.why !== 'until' && state.why.why !== 'turn') return t('chip.waiting');
  return stateWords(state);
}

export function stateTone(state: ReplyState): Tone {
  switch (state.state) {
    case 'refused': return 'bad';
    case 'unsure': return 'warn';
    case 'held': case 'handed': return 'warn';
    case 'to_approve': return 'accent';
    case 'waiting': return state.why.why === 'hand' ? 'accent' : ['turn', 'until', 'scheduled'].includes(state.why.why) ? 'good' : 'warn';
    case 'sending': return 'good';
    case 'sent': return state.altered ? 'warn' : 'good';
    default: return 'plain';
  }
}

export function leakWords(leak: Leak): string {
  switch (leak.leak) {
    case 'too_long': return tn(leak.bytes ? 'leak.too_long_bytes' : 'leak.too_long', leak.by);
    case 'empty': case 'braces': return t(`leak.${leak.leak}`);
    default: return t(`leak.${leak.leak}`, { name: leak.name });
  }
}

export function laterWords(triage: Triage): string | null {
  if (triage.triage !== 'later') return null;
  return triage.until === null ? t('later.chip_answer') : t('later.chip_until', { time: moment(triage.until) });
}

/** What waits for a moderator asks something; what was put away is only said. */
export const publicationTone = (publication: Publication): Tone => (publication === 'pending' ? 'warn' : 'plain');

export const visibilityWords = (visibility: Visibility): string => t(`visibility.${visibility}`);
export const kindWords = (kind: string): string => coded(`kind.${kind}`, kind);
export const networkWords = (network: string): string => coded(`network.${network}`, network);

/** The first of their names that is known. */
export const authorOf = (...names: (string | null)[]): string => names.find((it) => it) ?? t('message.unknown_author');

/** A sentence's first letter as a sentence wants it. */
export function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

export type { Key };
