import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import type { ConfirmSpec } from '../shell/ui-state.ts';
import { useSubmit } from './use-submit.ts';

export function ConfirmDialog({ spec, onClose }: { readonly spec: ConfirmSpec; readonly onClose: () => void }) {
  const words = useWords();
  const { busy, trouble, submit } = useSubmit();
  return (
    <Dialog title={spec.title} onClose={onClose} size="narrow">
      <div className="dialog-body">
        <p className="lead">{spec.lead}</p>
        {trouble && <ProblemLine trouble={trouble} />}
      </div>
      <div className="dialog-foot">
        <Button look="ghost" onClick={onClose}>{words.dialog.cancel}</Button>
        <Button look={spec.danger ? 'danger' : 'primary'} disabled={busy} autoFocus onClick={() => submit(spec.run, onClose)}>{busy ? words.dialog.working : spec.action}</Button>
      </div>
    </Dialog>
  );
}
