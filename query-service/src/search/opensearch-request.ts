import { phraseText, type Term } from '@parley/kernel/search/parse-query';
import { charactersOf } from '@parley/kernel/search/tokens';
import type { Place, Scope, Sought } from './search-index.ts';

/** Scopes that begin later than their room are named one by one up to this many; the rows decide anyway. */
const spansMax = 200;
const timeoutText = '1500ms';

/**
 * The request for the newest matches below a place. What a person typed becomes values of fixed clauses, never a part
 * of the language: there is no query string, no script and no pattern in it.
 */
export function openSearchRequest(sought: Sought, below: Place | undefined, limit: number): object {
  const { query: { must, not }, scopes, author, since, until, hasLink, replyTo } = sought;
  const said = { ...(since !== undefined && { gte: since }), ...(until !== undefined && { lt: until }) };
  return {
    size: limit, track_total_hits: false, timeout: timeoutText, version: true, _source: ['room', 'n', 'said', 'words'],
    sort: [{ said: 'desc' }, { room: 'desc' }, { n: 'desc' }],
    ...(below && { search_after: [below.said, below.room, below.n] }),
    query: {
      bool: {
        filter: [
          { term: { shown: true } }, scopeClause(scopes), ...must.map(clauseOf),
          ...(author === undefined ? [] : [{ term: { author } }]),
          ...(Object.keys(said).length === 0 ? [] : [{ range: { said } }]),
          ...(hasLink === undefined ? [] : [{ term: { link: hasLink } }]),
          ...(replyTo === undefined ? [] : [{ term: { reply: replyTo } }]),
        ],
        must_not: not.map(clauseOf),
      },
    },
  };
}

function scopeClause(scopes: readonly Scope[]): object {
  const late = scopes.filter(({ fromN }) => fromN > 1);
  const named = late.length <= spansMax ? late : [];
  const whole = [...new Set((late.length <= spansMax ? scopes.filter(({ fromN }) => fromN <= 1) : scopes).map(({ roomId }) => roomId))];
  return {
    bool: {
      minimum_should_match: 1,
      should: [
        { terms: { room: whole } },
        ...named.map(({ roomId, fromN, toN }) => ({ bool: { filter: [{ term: { room: roomId } }, { range: { n: { gte: fromN, lte: toN } } }] } })),
      ],
    },
  };
}

function clauseOf(term: Term): object {
  switch (term.kind) {
    case 'word': return { bool: { should: [{ match: { 'words.en': { query: term.text } } }, { term: { words: term.text } }], minimum_should_match: 1 } };
    case 'dense': return denseClause(term.text, term.core);
    case 'prefix': return { prefix: { words: { value: term.text } } };
    // Pairs know no boundary of a dense word, so such a word may be part of a longer one; other words stand whole.
    case 'phrase': return { match_phrase: { 'words.pairs': { query: phraseText(term.words).trim() } } };
  }
}

/** As pairs of characters in a row, or by morphemes: what the dictionary knows is found in every form. */
function denseClause(text: string, core: string): object {
  const pairs = charactersOf(core).length === 1 ? { prefix: { words: { value: core } } } : { match_phrase: { 'words.pairs': { query: core } } };
  return { bool: { should: [pairs, { match: { 'words.ko': { query: text, operator: 'and' } } }], minimum_should_match: 1 } };
}
