import type { MyRoomView } from '@parley/contracts/queries/views';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { useChat } from '../../sync/chat.tsx';
import { attempt, openDialog } from '../shell/ui-state.ts';

/** What one does with a whole room; what cannot be taken back is asked first. */
export function useRoomCommands({ roomId, kind }: Pick<MyRoomView, 'roomId' | 'kind'>) {
  const chat = useChat();
  const words = useWords();
  const [, navigate] = useLocation();
  return useMemo(() => ({
    archive: () => openDialog({ type: 'confirm', title: words.dialog.archive, lead: words.dialog.archiveLead, action: words.dialog.archiveDo, run: () => chat.send({ type: 'archive-room', roomId }) }),
    unarchive: () => attempt(chat.send({ type: 'unarchive-room', roomId })),
    leave: () => openDialog({
      type: 'confirm', title: words.dialog.leave, lead: kind === 'public' ? words.dialog.leaveLead : `${words.dialog.leaveLead} ${words.dialog.leavePrivate}`, action: words.dialog.leaveDo, danger: true,
      run: async () => {
        await chat.send({ type: 'leave-room', roomId });
        navigate('/');
      },
    }),
    remove: () => openDialog({
      type: 'confirm', title: words.dialog.deleteRoom, lead: words.dialog.deleteRoomLead, action: words.dialog.deleteRoomDo, danger: true,
      run: async () => {
        await chat.send({ type: 'delete-room', roomId });
        navigate('/');
      },
    }),
  }), [chat, words, navigate, roomId, kind]);
}
