/* Previews of rows that may be long. */
import { h } from "../../kit/dom.js";
import { t } from "../../kit/texts.js";

/** A preview that is cut by its height, with a button that shows all of it where there is more. */
export function cutPreview(...content) {
  const box = h("div", { class: "ts-cut ts-clip" }, content);
  const button = h("button", { type: "button", class: "ts-link ts-small ts-clip-more", "aria-expanded": "false", hidden: true, onclick: () => {
    const open = !box.classList.toggle("ts-clip");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = t(open ? "common.show_less" : "common.show_all");
  } }, t("common.show_all"));
  const look = () => {
    if (!box.classList.contains("ts-clip")) return;
    const more = box.scrollHeight > box.clientHeight + 8;
    box.classList.toggle("cut", more);
    button.hidden = !more;
  };
  new ResizeObserver(look).observe(box);
  return [box, button];
}
