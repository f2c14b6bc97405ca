import type { Problem } from '@parley/contracts/problems/codes';
import { type SyntheticEvent, useId, useRef, useState } from 'react';
import { changeSettings } from '../../i18n/settings.ts';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { userNameCharsMax } from '../../lib/limits.ts';
import { enter, useSession } from '../../sync/session.ts';
import { troubleOf } from '../../sync/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { Logo } from '../../ui/logo.tsx';
import { ProblemLine } from '../../ui/problem.tsx';

const forbidden = /[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/u;

export function SignIn() {
  const words = useWords();
  const locale = useLocale();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const expired = useSession((state) => state.expired);
  const [busy, setBusy] = useState(false);
  const [fieldError, setFieldError] = useState<string>();
  const [trouble, setTrouble] = useState<Problem>();

  const go = (name: string | undefined): void => {
    setBusy(true);
    setTrouble(undefined);
    enter(name).catch((error: unknown) => {
      setBusy(false);
      setTrouble(troubleOf(error));
    });
  };
  const onSubmit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = (field.current?.value ?? '').trim();
    const wrong = name === '' ? words.signIn.nameNeeded : name.length > userNameCharsMax ? words.signIn.nameLong(userNameCharsMax) : forbidden.test(name) ? words.signIn.nameCharacters : undefined;
    setFieldError(wrong);
    if (wrong) field.current?.focus();
    else go(name);
  };
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Logo size={44} />
        <h1>{words.signIn.title}</h1>
        <p className="lead">{expired ? words.signIn.expired : words.signIn.lead}</p>
        <form onSubmit={onSubmit} noValidate>
          <div className="field">
            <label htmlFor={id}>{words.signIn.name}</label>
            <input
              ref={field} id={id} className="input" name="name" autoComplete="username" autoFocus spellCheck={false} autoCapitalize="none" placeholder={words.signIn.placeholder}
              aria-invalid={fieldError !== undefined} aria-describedby={fieldError ? `${id}-error` : `${id}-hint`} onInput={() => setFieldError(undefined)}
            />
            {fieldError ? <span id={`${id}-error`} className="field-error" role="alert">{fieldError}</span> : <span id={`${id}-hint`} className="field-hint">{words.signIn.openByDesign}</span>}
          </div>
          {trouble && <ProblemLine trouble={trouble} />}
          <Button type="submit" look="primary" size="large wide" disabled={busy}>{busy ? words.signIn.working : words.signIn.submit}</Button>
          <div className="or" aria-hidden="true"><span>{words.signIn.or}</span></div>
          <Button look="outline" size="large wide" disabled={busy} onClick={() => go(undefined)}>{words.signIn.guest}</Button>
        </form>
      </div>
      <div className="sign-in-language" role="group" aria-label={words.settings.language}>
        <button type="button" lang="en" aria-pressed={locale === 'en'} onClick={() => changeSettings({ language: 'en' })}>English</button>
        <button type="button" lang="ko" aria-pressed={locale === 'ko'} onClick={() => changeSettings({ language: 'ko' })}>한국어</button>
      </div>
    </main>
  );
}
