// A sign-in as a person does it: fields, the browser, what its page shows to copy; secrets are never echoed.
import { render, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { Answer, Step } from '../backend';
import { ask } from '../desk/place.svelte';
import { all, button, eachOnItsOwn, find, heard, open, submit, type } from '../tests/page';
import { speak } from '../words/words.svelte';
import Steps from './Steps.svelte';

eachOnItsOwn();

const answers = () => heard('login_answer').map((it) => it.args['answer']);

async function connect() {
  await open();
  ask({ name: 'connect', client: 1 });
  await waitFor(() => find('.tile'));
  find('.tile').click();
  await waitFor(() => find('dialog form input'));
}

describe('a sign-in', () => {
  it('asks the server, waits for the browser, and takes the code by hand meanwhile', async () => {
    await connect();
    expect(find('dialog label').textContent).toContain('Nom du serveur');
    expect(find('dialog .hint').textContent).toContain('second @');
    type(find<HTMLInputElement>('dialog input'), ' @moi@exemple.social ');
    submit('dialog form');
    await waitFor(() => button('dialog', 'Ouvrir le navigateur'));
    expect(answers()).toEqual([{ answer: 'fields', values: { server: '@moi@exemple.social' } }]);
    button('dialog', 'Le navigateur ne revient pas').click();
    await waitFor(() => find('dialog form input'));
    expect(find('dialog label').textContent).toContain('Code');
    expect(find<HTMLInputElement>('dialog input').value, 'what was typed before is not kept').toBe('');
    type(find<HTMLInputElement>('dialog input'), 'abcdef');
    submit('dialog form');
    await waitFor(() => expect(document.body.textContent).toContain('Le compte est branché'));
    expect(answers().at(-1)).toEqual({ answer: 'fields', values: { code: 'abcdef' } });
  });

  it('says a wrong server, and keeps what was typed to be mended', async () => {
    await connect();
    submit('dialog form');
    expect(answers(), 'nothing typed, nothing asked').toEqual([]);
    type(find<HTMLInputElement>('dialog input'), 'exemple');
    submit('dialog form');
    await waitFor(() => expect(find('dialog [role=alert]').textContent).not.toBe(''));
    expect(find<HTMLInputElement>('dialog input').value).toBe('exemple');
  });

  it('hides a secret, sends it as it was typed, and leaves out what is empty', async () => {
    speak('fr');
    const given: Answer[] = [];
    const step: Step = { step: 'ask', fields: [{ name: 'user', kind: 'line' }, { name: 'password', kind: 'secret' }, { name: 'server', kind: 'server' }] };
    render(Steps, { network: 'inconnu', step, busy: false, wrong: '', answer: async (answer: Answer) => void given.push(answer) });
    const [user, password, server] = all('input') as HTMLInputElement[];
    expect([user!.type, password!.type, password!.autocomplete]).toEqual(['text', 'password', 'off']);
    expect(all('label').map((it) => it.textContent?.trim())).toEqual(['Identifiant', 'Mot de passe', 'Adresse du site']);
    type(user!, ' léa ');
    type(password!, ' abcd efgh ');
    expect(server!.value).toBe('');
    submit('form');
    expect(given).toEqual([{ answer: 'fields', values: { user: 'léa', password: ' abcd efgh ', server: '' } }]);
    expect(document.body.textContent).not.toContain('efgh');
  });
});
