import { useWords } from '../../i18n/use-words.ts';
import { Dialog } from '../../ui/dialog.tsx';

const mac = /Mac|iPhone|iPad/u.test(navigator.userAgent);
const mod = mac ? '⌘' : 'Ctrl';
const alt = mac ? '⌥' : 'Alt';

export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const { keys } = words;
  const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    [keys.anywhere, [[`${mod} K`, keys.switch], [`${mod} Shift F`, keys.search], [`${alt} ↑ / ↓`, keys.rooms], [`${alt} Shift ↑ / ↓`, keys.unreadRooms], [`${mod} .`, keys.pane], [`${mod} F6`, keys.region], ['Shift PgUp', keys.firstUnread], ['Shift Esc', keys.allRead], ['?', keys.help]]],
    [keys.composer, [['Enter', keys.send], ['Shift Enter', keys.line], [`${mod} Enter`, keys.always], ['↑', keys.editLast], [`${mod} B`, keys.bold], [`${mod} I`, keys.italic], [`${mod} E`, keys.code], [`${mod} Shift X`, keys.strike], [`${mod} Shift L`, keys.link], ['Esc', keys.escape]]],
    [keys.timeline, [['↑ / ↓ · J / K', keys.move], ['Home / End', keys.ends], ['R', keys.reply], ['E', keys.edit], ['+', keys.react], ['P', keys.pin], ['C', keys.copyLink], ['W', keys.why], ['Del', keys.remove]]],
  ];
  return (
    <Dialog title={words.dialog.keys} onClose={onClose} size="wide">
      <div className="dialog-body keys">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([press, does]) => <div key={press}><dt>{press.split(' ').map((part, index) => (/^[/·]$/u.test(part) ? ` ${part} ` : <kbd key={index}>{part}</kbd>))}</dt><dd>{does}</dd></div>)}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
