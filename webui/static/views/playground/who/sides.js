/* Who can answer, by the names of sides ("base", "tuned:2", "checkpoint:7", "model:4", "outside:http://host/v1#name"), without a page. */

export const MOST_SIDES = 8; // that answer at once

/** What the name of a side says of a model of a server elsewhere: as `sideChoices` has it; null where it is none. */
export function outsideSide(side) {
  const found = /^outside:(https?:\/\/[^/#]+)[^#]*#(.+)$/.exec(side);
  const model = found && plainName(found[2]);
  return model ? { side, kind: "base", outside: true, name: model + " · " + found[1], base: null, baseName: "", missing: null } : null;
}

function plainName(quoted) {
  try {
    return decodeURIComponent(quoted);
  } catch {
    return ""; // an address can hold anything
  }
}

/** The name of a base as such, in a conversation about the base of `own`. */
export const baseSide = (base, own) => (base.id === own ? "base" : "model:" + base.id);

/**
 * Everybody who can answer, by name: {side, kind, name, base, baseName, own, step, loss, best, tunedId, missing}.
 * `own`: id of the base that the conversation is about.
 */
export function sideChoices(options, own) {
  const found = new Map();
  for (const base of options.bases) {
    const shared = { base: base.id, baseName: base.name, own: base.id === own, missing: base.missing_bytes };
    const put = (side, rest) => found.set(side, { side, ...shared, ...rest });
    put(baseSide(base, own), { kind: "base", name: base.name });
    for (const one of base.tuned) put("tuned:" + one.id, { kind: one.format === "shots" ? "fewshot" : "tuned", name: one.name, tunedId: one.id });
    for (const one of base.checkpoints) put("checkpoint:" + one.id, { kind: "tuned", name: one.job, step: one.step, loss: one.val_loss, best: one.best, madeBy: one.job_id, tunedId: one.tuned_id });
  }
  return found;
}

/** A fresh comparison in which nothing of its base is left is about the base of its first side: {base, sides}. */
export function rebased(options, base, sides) {
  const known = sideChoices(options, base);
  const rows = sides.map((side) => known.get(side));
  const first = rows.find(Boolean);
  if (!first || rows.some((one) => one?.own)) return { base, sides };
  return { base: first.base, sides: sides.map((side) => (side === "model:" + first.base ? "base" : side)) };
}

/**
 * Who answers at first: those of the address (`sides`, `tuned`, `base`), else the newest tuned model and its base.
 * An address may name what is not there any more: that is left out.
 */
export function firstSides(options, asked) {
  const { bases } = options;
  const named = (id) => bases.find((one) => one.id === Number(id));
  const here = named(asked.base) || bases.find((one) => one.missing_bytes === null) || bases[0];
  const known = sideChoices(options, -1); // names of bases are all "model:ID" here
  const list = (asked.sides || "").split(",").filter((name) => name === "base" || known.has(name) || outsideSide(name));
  if (list.length) {
    const base = named(asked.base) || named(list.map((name) => known.get(name)?.base).find(Boolean)) || here;
    return { base: base.id, sides: [...new Set(list.map((name) => (name === "model:" + base.id ? "base" : name)))].slice(0, MOST_SIDES) };
  }
  const all = bases.flatMap((base) => base.tuned);
  const wanted = (asked.tuned || "").split(",").map((id) => all.find((one) => one.id === Number(id))).filter(Boolean);
  const newest = asked.base ? [] : [...all].sort((a, b) => b.created_at - a.created_at).slice(0, 1);
  const chosen = wanted.length ? wanted : newest;
  const base = bases.find((one) => one.tuned.includes(chosen[0])) || here;
  return { base: base.id, sides: ["base", ...chosen.filter((one) => base.tuned.includes(one)).slice(0, MOST_SIDES - 1).map((one) => "tuned:" + one.id)] };
}

/** What the address says of a fresh comparison; the shortest that says it all. */
export function sidesQuery(options, base, sides) {
  if (sides.length === 1 && sides[0] === "base") return { base };
  const tuned = sides.slice(1).map((side) => side.split(":"));
  const known = sideChoices(options, base);
  if (sides[0] === "base" && tuned.every(([kind, id]) => kind === "tuned" && known.get("tuned:" + id)?.own)) return { tuned: tuned.map(([, id]) => id).join(",") };
  return sides.some((side) => side !== "base" && known.get(side)?.own) ? { sides: sides.join(",") } : { base, sides: sides.join(",") };
}

/** The list with the element at `from` put before the one that stands at `to` now. */
export function moved(list, from, to) {
  const rest = list.filter((_, place) => place !== from);
  rest.splice(to, 0, list[from]);
  return rest;
}
