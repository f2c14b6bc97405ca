import type { MyRoomView } from '@parley/contracts/queries/views';
import { useWords } from '../../i18n/use-words.ts';
import { useRoomName } from '../../sync/chat.tsx';
import { Avatar } from '../../ui/avatar.tsx';
import { RoomIcon } from '../../ui/room-icon.tsx';

/** Stands above the first message that one may read. */
export function RoomIntro({ room, empty }: { readonly room: MyRoomView; readonly empty: boolean }) {
  const words = useWords();
  const name = useRoomName(room.roomId);
  return (
    <div className="room-intro">
      {room.partner ? <Avatar id={room.partner} name={name} size={56} /> : <span className="avatar room-avatar" style={{ '--size': '56px' } as React.CSSProperties}><RoomIcon kind={room.kind} size={26} /></span>}
      <p className="intro-name"><bdi>{name}</bdi></p>
      {room.topic && <p dir="auto" className="intro-topic">{room.topic}</p>}
      <p className="quiet">{room.firstOrdinal > 1 ? words.room.firstVisible : room.kind === 'direct' ? words.room.beginDirect(name) : words.room.begin(name)}</p>
      {empty && <p className="quiet">{words.room.empty}</p>}
    </div>
  );
}
