/** Draws a view into the place that Gradio made for it. A view is a module views/NAME/page.js whose `view(root, value, ctx)`
   draws `value` into `root`; it is called again on each new value. */
import { h } from "./dom.js";
import { drawIcon } from "./icons.js";
import { askNews, callServer, loadPart, sentenceOf } from "./server.js";

export function mount(name, context) {
  const root = document.createElement("div");
  root.className = "ts-root ts-" + name;
  context.element.append(root);
  const ctx = { ...context, root, state: {}, call: (fn, ...args) => callServer(context.server, fn, args),
    news: (fn, version, ...args) => askNews(name, fn, version, args) };
  const broken = (error) => {
    const said = sentenceOf(error);
    if (root.childElementCount === 0) root.append(h("p", { class: "ts-note danger", role: "alert" }, drawIcon("circle-x"), h("span", {}, said)));
  };
  const draw = async () => {
    try {
      const { view } = await loadPart(() => import(`../views/${name}/page.js`));
      await view(root, ctx.props.value, ctx);
    } catch (error) {
      broken(error);
    }
  };
  context.watch("value", draw);
  draw();
}
