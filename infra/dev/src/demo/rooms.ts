import { english } from './plays-english.ts';
import { korean } from './plays-korean.ts';
import type { PersonKey } from './people.ts';
import { script, type Line } from './script.ts';

export type DemoRoom = {
  readonly key: string;
  readonly kind: 'public' | 'private';
  readonly name: string;
  readonly topic: string;
  /** The first owns the room. */
  readonly members: readonly PersonKey[];
  /** What was said before the page is first opened. */
  readonly lines: readonly Line[];
  /** What the bots talk about afterwards, one piece after the other, for ever. */
  readonly later: readonly (readonly Line[])[];
};

const everybody: readonly PersonKey[] = ['maya', 'daniel', 'seoyeon', 'junho', 'lena', 'haeun', 'tom', 'minjae', 'priya', 'yujin', 'sam', 'jiwoo'];

export const demoRooms: readonly DemoRoom[] = [
  {
    key: 'town-square', kind: 'public', name: 'town square', topic: 'Everything that concerns everybody · 모두에게 알릴 것',
    members: everybody, lines: script(english.townSquare), later: english.townSquareLater.map(script),
  },
  {
    key: 'product', kind: 'public', name: 'product', topic: 'What we build next, and why',
    members: ['maya', 'daniel', 'lena', 'priya', 'sam', 'seoyeon', 'yujin'], lines: script(english.product), later: english.productLater.map(script),
  },
  {
    key: 'bakers-say', kind: 'public', name: 'bakers say', topic: 'What comes in from the shops. Answer within the hour.',
    members: ['tom', 'maya', 'daniel', 'haeun', 'sam', 'minjae'], lines: script(english.bakersSay), later: english.bakersSayLater.map(script),
  },
  {
    key: 'dev-ko', kind: 'public', name: '개발', topic: '서버, 앱, 배포 이야기',
    members: ['junho', 'seoyeon', 'minjae', 'haeun', 'jiwoo', 'daniel'], lines: script(korean.development), later: korean.developmentLater.map(script),
  },
  {
    key: 'lunch-ko', kind: 'public', name: '점심', topic: '오늘 뭐 먹지?',
    members: ['yujin', 'seoyeon', 'junho', 'haeun', 'minjae', 'jiwoo'], lines: script(korean.lunch), later: korean.lunchLater.map(script),
  },
  {
    key: 'release', kind: 'private', name: 'release 1.4', topic: 'Thursday, 10:00. 릴리스 전까지 여기서만 이야기해요.',
    members: ['maya', 'daniel', 'junho', 'haeun', 'lena', 'minjae'], lines: script(english.release), later: english.releaseLater.map(script),
  },
];
