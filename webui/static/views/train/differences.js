/* Which settings are special. */

/** Settings that differ from their defaults, in the order of the form: [{param, value, standard}]. */
export function differing(params, values, defaults) {
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  return params.filter(({ key }) => key in values && !same(values[key], defaults[key]))
    .map((param) => ({ param, value: values[param.key], standard: defaults[param.key] }));
}
