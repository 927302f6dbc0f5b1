/* Questions as they are typed or chosen from a file, without a page. */

/** Each line that says something. */
export const linesOf = (text) => text.split(/\r\n|\r|\n/).map((line) => line.trim()).filter(Boolean);

/** What would be asked: the chosen column of a file, else the lines that were typed. */
export const questionsOf = ({ text, file, column }) => (file ? file.columns[column].questions : linesOf(text));
