import { problem } from '@parley/contracts/problems/codes';
import { type AskReply, AskRequest } from '@parley/contracts/wire/command-request';
import type { ContentSealer } from '@parley/kernel/sealing/content';
import { getKeyed } from '../keyed.ts';
import { claimedForm } from '../prepare/name-rule.ts';
import { problemOf } from '../prepare/prepare.ts';
import { questionAnswered } from '../telemetry.ts';
import type { WriteModel } from '../write-model.ts';

/** Answers a question to the write model, confirmed by a leader read after it was asked. Never throws what a store can cause. */
export async function answerQuestion(model: WriteModel, sealer: Pick<ContentSealer, 'claimIdOf'>, input: unknown): Promise<AskReply> {
  const parsed = AskRequest.safeParse(input);
  if (!parsed.success) return { ok: false, problem: problem('malformed') };
  const reply = await answer(model, sealer, parsed.data).catch((error: unknown): AskReply => {
    const known = problemOf(error);
    if (!known) throw error;
    return { ok: false, problem: known };
  });
  questionAnswered(parsed.data.ask, reply.ok);
  return reply;
}

async function answer(model: WriteModel, sealer: Pick<ContentSealer, 'claimIdOf'>, asked: AskRequest): Promise<AskReply> {
  switch (asked.ask) {
    case 'claim-owner':
      return ownerOf(model, asked.claimId);
    case 'claim-of-name': {
      const form = claimedForm(asked.name);
      return form === undefined ? { ok: false, problem: problem('invalid') } : ownerOf(model, await sealer.claimIdOf(form));
    }
    case 'member': {
      const { state, seq } = await model.room(asked.roomId);
      const member = state.phase === 'open' || state.phase === 'archived' ? getKeyed(state.members, asked.userId) : undefined;
      return { ok: true, member: member !== undefined, ...(member && { joinedN: member.joinedN, state: member.role }), seq };
    }
    case 'user': {
      const { state, seq } = await model.user(asked.userId);
      return { ok: true, userId: asked.userId, state: state.phase, seq };
    }
  }
}

async function ownerOf(model: WriteModel, claimId: string): Promise<AskReply> {
  const { state, seq } = await model.claim(claimId);
  return { ok: true, claimId, ...(state.owner !== undefined && { userId: state.owner }), seq };
}
