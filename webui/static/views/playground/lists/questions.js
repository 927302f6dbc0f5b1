/* Questions as they are typed or chosen from a file, without a page. */

/** Each line that says something. */
export const linesOf = (text) => text.split(/\r\n|\r|\n/).map((line) => line.trim()).filter(Boolean);

/** What would be asked: the chosen column of a file, else the lines that were typed. */
export const questionsOf = ({ text, file, column }) => (file ? file.columns[column].questions : linesOf(text));

/** The column that a variable is named after; -1 where there is none. */
export const columnFor = (file, name) => file.columns.findIndex((column) => column.name.trim().toLowerCase() === name.toLowerCase());

/** The values of the variables, a row each: from the chosen columns of a file, or from typed lines where there is one variable. */
export function rowsOf({ text, file, chosen }, names) {
  if (!file) return names.length === 1 ? linesOf(text).map((line) => Object.fromEntries([[names[0], line]])) : [];
  const rows = new Map();
  let end = Infinity; // a column that was cut says nothing of later rows
  for (const name of names) {
    const column = file.columns[chosen.get(name) ?? -1];
    if (!column) continue;
    if (column.filled > column.questions.length) end = Math.min(end, column.places.at(-1));
    column.questions.forEach((value, i) => rows.set(column.places[i], [...(rows.get(column.places[i]) || []), [name, value]]));
  }
  return [...rows].filter(([place]) => place <= end).sort(([a], [b]) => a - b).map(([, values]) => Object.fromEntries(values));
}
