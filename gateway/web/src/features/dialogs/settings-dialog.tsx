import { type SyntheticEvent, useId } from 'react';
import { changeSettings, type Density, type Language, type Theme, useSettings } from '../../i18n/settings.ts';
import { useWords } from '../../i18n/use-words.ts';
import { formText } from '../../lib/form-text.ts';
import { userNameCharsMax, userStatusCharsMax } from '../../lib/limits.ts';
import { useChat, useChatState, useMe, useName } from '../../sync/chat.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { notify } from '../shell/ui-state.ts';
import { useSubmit } from './use-submit.ts';

export function SettingsDialog({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const settings = useSettings();
  const me = useMe();
  const guest = useChatState((state) => state.users.get(me)?.kind === 'guest');
  return (
    <Dialog title={words.settings.title} onClose={onClose}>
      <div className="dialog-body">
        {!guest && <NameField />}
        <StatusField />
        <Segments<Theme> label={words.settings.theme} value={settings.theme} options={[['system', words.settings.system], ['light', words.settings.light], ['dark', words.settings.dark]]} onChange={(theme) => changeSettings({ theme })} />
        <Segments<Density> label={words.settings.density} value={settings.density} options={[['comfortable', words.settings.comfortable], ['compact', words.settings.compact]]} onChange={(density) => changeSettings({ density })} />
        <Segments<Language> label={words.settings.language} value={settings.language} options={[['en', 'English'], ['ko', '한국어']]} onChange={(language) => changeSettings({ language })} />
        <label className="switch-row">{words.settings.singleKeys}<input type="checkbox" checked={settings.singleKeys} onChange={(event) => changeSettings({ singleKeys: event.target.checked })} /></label>
        <label className="switch-row"><span>{words.settings.readingList}<small className="quiet">{words.settings.readingListLead}</small></span><input type="checkbox" checked={settings.readingList} onChange={(event) => changeSettings({ readingList: event.target.checked })} /></label>
        <p className="quiet">{words.settings.zone(new Intl.DateTimeFormat().resolvedOptions().timeZone)}</p>
      </div>
    </Dialog>
  );
}

type SegmentsProps<T extends string> = { readonly label: string; readonly value: T; readonly options: readonly (readonly [T, string])[]; readonly onChange: (value: T) => void };
function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>) {
  const name = useId();
  return (
    <div className="field">
      <span className="label" id={name}>{label}</span>
      <div><div className="segments" role="radiogroup" aria-labelledby={name}>
        {options.map(([option, text]) => (
          <label key={option}><input type="radio" name={name} checked={value === option} onChange={() => onChange(option)} />{text}</label>
        ))}
      </div></div>
    </div>
  );
}

function NameField() {
  const words = useWords();
  const chat = useChat();
  const name = useName(useMe());
  const id = useId();
  const { busy, trouble, submit } = useSubmit();
  const onSubmit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const next = formText(event.currentTarget, 'name');
    if (next !== '' && next !== name) submit(() => chat.send({ type: 'rename-user', name: next }), () => notify(words.settings.nameSaved));
  };
  return (
    <form className="field" onSubmit={onSubmit}>
      <label htmlFor={id}>{words.settings.name}</label>
      <div className="inline-form">
        <input id={id} name="name" className="input" key={name} defaultValue={name} maxLength={userNameCharsMax} autoComplete="off" />
        <Button type="submit" disabled={busy}>{words.dialog.save}</Button>
      </div>
      {trouble && <ProblemLine trouble={trouble} />}
    </form>
  );
}

function StatusField() {
  const words = useWords();
  const chat = useChat();
  const me = useMe();
  const status = useChatState((state) => state.users.get(me)?.status?.text ?? '');
  const id = useId();
  const { busy, trouble, submit } = useSubmit();
  const onSubmit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = formText(event.currentTarget, 'status');
    submit(() => chat.send({ type: 'set-user-status', text }));
  };
  return (
    <form className="field" onSubmit={onSubmit}>
      <label htmlFor={id}>{words.settings.status}</label>
      <div className="inline-form">
        <input id={id} name="status" className="input" key={status} defaultValue={status} maxLength={userStatusCharsMax} autoComplete="off" placeholder={words.settings.statusHint} />
        <Button type="submit" disabled={busy}>{words.dialog.save}</Button>
      </div>
      {trouble && <ProblemLine trouble={trouble} />}
    </form>
  );
}
