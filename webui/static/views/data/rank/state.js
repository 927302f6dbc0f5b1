/* The ranking of one prompt's answers while a person makes it: pure functions from one state to the next. */

/**
 * `levels`: places of the answers, the best level first, equal ones in one level; the first `fixed` levels were decided, unless a hand
 * `moved` a card: then all are. `active` is the answer that was touched last; `past` holds the states before.
 * @typedef {{ levels: number[][], fixed: number, moved: boolean, active: number | null, past: RankState[] }} RankState
 */

/**
 * Nothing is decided; or (with ranks) as somebody ranked them before.
 * @param {number[]} places as they are shown
 * @param {number[]} [ranks] by place
 * @returns {RankState}
 */
export function rankStart(places, ranks = []) {
  const fresh = places.map((place) => [place]);
  if (!ranks.length) return { levels: fresh, fixed: 0, moved: false, active: null, past: [] };
  const levels = [...new Set(ranks)].sort((a, b) => a - b).map((rank) => places.filter((place) => ranks[place] === rank));
  return { levels, fixed: levels.length, moved: true, active: null, past: [] };
}

const rankNext = (state, changes) => ({ ...state, ...changes, past: [...state.past, state] });
const rankLevel = (state, place) => state.levels.findIndex((level) => level.includes(place));
const rankWithout = (levels, place) => levels.map((level) => level.filter((one) => one !== place)).filter((level) => level.length);

/** The answer is the next best one; what was decided already stays. */
export function rankPick(state, place) {
  if (state.moved || rankLevel(state, place) < state.fixed) return state;
  const levels = rankWithout(state.levels, place);
  levels.splice(state.fixed, 0, [place]);
  return rankNext(state, { levels, fixed: state.fixed + 1, active: place });
}

/** The answer is as good as the one above it; once more, and it stands alone again. */
export function rankTie(state, place = state.active) {
  const at = place === null ? -1 : rankLevel(state, place);
  if (at < 0) return state;
  const decided = Number(at < state.fixed);
  if (state.levels[at].length > 1) {
    const levels = state.levels.map((level) => level.filter((one) => one !== place));
    levels.splice(at + 1, 0, [place]);
    return rankNext(state, { levels, fixed: state.fixed + decided, active: place });
  }
  if (!at) return state;
  const levels = state.levels.map((level) => [...level]);
  levels[at - 1].push(...levels[at]);
  levels.splice(at, 1);
  return rankNext(state, { levels, fixed: state.fixed - decided, active: place });
}

/** The answer goes one up (-1) or down (1): out of a tie, or past its neighbours. */
export function rankMove(state, place, step) {
  const at = rankLevel(state, place);
  const tied = state.levels[at].length > 1;
  if (!tied && !state.levels[at + step]) return state;
  return rankPut(state, place, tied ? at + (step > 0 ? 1 : 0) : at + step, tied);
}

/** The answer stands alone at a place of the list, as it is without it (or, `among`, with the others of its level). */
export function rankPut(state, place, index, among = false) {
  const levels = among ? state.levels.map((level) => level.filter((one) => one !== place)) : rankWithout(state.levels, place);
  levels.splice(Math.max(0, Math.min(index, levels.length)), 0, [place]);
  return rankNext(state, { levels: levels.filter((level) => level.length), fixed: levels.length, moved: true, active: place });
}

/** The state before; the same where there is none. */
export const rankUndo = (state) => state.past.at(-1) || state;

/** Whether every answer has its rank: the last one that is left has the last. */
export const rankDone = (state) => state.moved || state.levels.length - state.fixed <= 1;

/** Ranks by place: 1 is best, equal ones are ties. */
export function ranksOf(state) {
  const ranks = [];
  state.levels.forEach((level, at) => level.forEach((place) => { ranks[place] = at + 1; }));
  return ranks;
}

/** The rank that an answer has so far; null where nothing was said of it. */
export function rankShown(state, place) {
  const at = rankLevel(state, place);
  return rankDone(state) || at < state.fixed ? at + 1 : null;
}
