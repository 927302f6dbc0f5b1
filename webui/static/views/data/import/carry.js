/* Which columns stay where when another shape is chosen. No DOM here. */

/** A field's column and wordings, as far as it has any. */
const held = (state, key) => ({ column: state.mapping[key], wordings: state.templates[key] });

/**
 * What the fields of another shape begin with: each keeps its column; then a field with the same role takes it; then columns of a usual name.
 * `from` and `to` are shapes ({fields: [{key, role, required, wording}]}; `from` may be null), `state` is {mapping, templates} of `from`.
 */
export function carriedMapping(from, to, state, byName) {
  const sources = (from?.fields || []).filter(({ key }) => state.mapping[key] || state.templates[key]);
  const taken = new Map(); // key of the target -> source field
  const free = () => sources.filter((source) => ![...taken.values()].includes(source));
  const ordered = [...to.fields.filter((field) => field.required), ...to.fields.filter((field) => !field.required)];
  for (const field of ordered) {
    const same = free().find((source) => source.key === field.key);
    if (same) taken.set(field.key, same);
  }
  for (const field of ordered.filter((one) => !taken.has(one.key))) {
    const alike = free().find((source) => source.role === field.role);
    if (alike) taken.set(field.key, alike);
    else if (field.required) takeOver(field, to, taken);
  }
  const next = { mapping: {}, templates: {} };
  for (const field of to.fields) place(next, field, taken.get(field.key), state);
  const used = new Set(Object.values(next.mapping));
  for (const field of to.fields) {
    const column = byName[field.key];
    if (!column || next.mapping[field.key] || next.templates[field.key] || used.has(column)) continue;
    next.mapping[field.key] = column;
    used.add(column);
  }
  return next;
}

/** A needed field takes what an optional one of the same role has. */
function takeOver(field, to, taken) {
  const holder = to.fields.find((one) => !one.required && one.role === field.role && taken.has(one.key));
  if (!holder) return;
  taken.set(field.key, taken.get(holder.key));
  taken.delete(holder.key);
}

function place(next, field, source, state) {
  if (!source) return;
  const { column, wordings } = held(state, source.key);
  if (column) next.mapping[field.key] = column;
  if (wordings && field.wording) next.templates[field.key] = [...wordings];
}

/** {mapping, templates} with one more column in a field: alone, or on a line of its own behind what is there. */
export function withColumn(state, key, column) {
  const named = `{${column}}`;
  const { column: other, wordings } = held(state, key);
  if (!wordings && !other) return { mapping: { ...state.mapping, [key]: column }, templates: state.templates };
  const before = wordings || [`{${other}}`];
  return { mapping: state.mapping, templates: { ...state.templates, [key]: before.map((text) => (text ? `${text}\n${named}` : named)) } };
}
