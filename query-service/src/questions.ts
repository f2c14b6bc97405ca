import { historyQuestion } from './messages/history.query.ts';
import { messageQuestion } from './messages/message.query.ts';
import { pinsQuestion } from './messages/pins.query.ts';
import { meQuestion } from './people/me.query.ts';
import { usersQuestion } from './people/users.query.ts';
import type { Question } from './question.ts';
import { membersQuestion } from './rooms/members.query.ts';
import { membershipsQuestion } from './rooms/memberships.query.ts';
import { myRoomsQuestion } from './rooms/my-rooms.query.ts';
import { publicRoomsQuestion } from './rooms/public-rooms.query.ts';
import { receiptsQuestion } from './rooms/receipts.query.ts';
import { roomMemberIdsQuestion } from './rooms/room-member-ids.query.ts';
import { roomQuestion } from './rooms/room.query.ts';
import { searchQuestion } from './search/search.query.ts';

/** Every question that is answered here; a spec compares the list with the contracts. */
export const questions: readonly Question[] = [
  meQuestion, myRoomsQuestion, publicRoomsQuestion, roomQuestion, membersQuestion, historyQuestion, messageQuestion, pinsQuestion, receiptsQuestion, usersQuestion, searchQuestion,
  membershipsQuestion, roomMemberIdsQuestion,
];
