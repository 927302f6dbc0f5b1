/* A long list: its first rows are asked for again and again, the others come as one scrolls down to them. */
import { h } from "../../kit/dom.js";
import { runAction } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";

/** All rows that are known, after the first ones came anew. `follows(a, b)`: is `a` below `b`? What went from among the first
    rows is gone; what only moved down stays; and where nothing is left of what was known, there may be some between. */
export function mergedRows(first, known, follows) {
  const here = new Set(first.map((row) => row.id)), last = first[first.length - 1];
  if (!last || !known.some((row) => here.has(row.id))) return first;
  return [...first, ...known.filter((row) => !here.has(row.id) && follows(row, last))];
}

/** -> {foot: what stands below the list, show(first, count), drop(ids), forget()}. `draw(rows)` draws all that is known,
    `more(last)` fetches the rows below one. */
export function longList({ follows, draw, more }) {
  let rows = [], count = 0, round = 0;
  const button = h("button", { type: "button", class: "ts-btn small list-more", onclick: () => load() }, t("common.show_more"));
  const foot = h("div", { class: "ts-row list-foot", hidden: true }, button);
  const shown = () => {
    foot.hidden = !rows.length || rows.length >= count;
    draw(rows);
  };
  const load = async () => {
    if (foot.hidden || button.disabled) return;
    const mine = round;
    const found = await runAction(button, () => more(rows[rows.length - 1]));
    if (!found || mine !== round) return;
    const last = rows[rows.length - 1];
    rows = [...rows, ...found.filter((row) => follows(row, last))];
    if (!found.length) count = rows.length;
    shown();
  };
  new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) load(); }, { rootMargin: "600px" }).observe(foot);
  return {
    foot,
    show(first, total) {
      rows = mergedRows(first, rows, follows);
      count = total;
      shown();
    },
    /** Rows that went elsewhere. */
    drop(ids) {
      const left = rows.filter((row) => !ids.has(row.id));
      if (left.length === rows.length) return;
      rows = left;
      shown();
    },
    forget() {
      rows = [];
      round += 1;
    },
  };
}
