/* The pen of the method diagrams: one visual language for all of them. Frozen is slate, hatched, with a snowflake; trained is
   teal with a heavy edge; examples are violet. The base flows from left to right. Colours are CSS classes: both schemes. */
import { appendAll } from "../../kit/dom.js";

export function svgNode(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes || {})) if (value !== null && value !== undefined) node.setAttribute(key, String(value));
  appendAll(node, children);
  return node;
}

export class DiagramPen {
  static WIDTH = 372;
  static HEIGHT = 190;
  static drawn = 0;

  constructor() {
    this.id = "diagram-" + (DiagramPen.drawn += 1);
    this.parts = [];
  }

  /** The drawing as an <svg> that screen readers know by its title and description. */
  finish(title, description) {
    const { WIDTH, HEIGHT } = DiagramPen;
    return svgNode("svg", { class: "diagram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": `${this.id}-title ${this.id}-desc` },
      svgNode("title", { id: this.id + "-title" }, title), svgNode("desc", { id: this.id + "-desc" }, description),
      svgNode("defs", {},
        svgNode("pattern", { id: this.id + "-hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
          svgNode("line", { class: "dg-hatch", x1: 0, y1: 0, x2: 0, y2: 7 })),
        svgNode("pattern", { id: this.id + "-bits", width: 9, height: 9, patternUnits: "userSpaceOnUse" },
          svgNode("rect", { class: "dg-bit", x: 1.5, y: 1.5, width: 4, height: 4 })),
        svgNode("marker", { id: this.id + "-tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
          svgNode("path", { class: "dg-tip", d: "M0 0.6 8 4 0 7.4z" }))),
      this.parts);
  }

  add(tag, attributes, ...children) {
    this.parts.push(svgNode(tag, attributes, ...children));
    return this;
  }

  text(x, y, words, look = "", anchor = "middle") {
    return this.add("text", { class: "dg-text " + look, x, y, "text-anchor": anchor }, words);
  }

  /** Arrow along a path. */
  way(d, look = "") {
    return this.add("path", { class: "dg-way " + look, d, "marker-end": `url(#${this.id}-tip)` });
  }

  line(d, look = "") {
    return this.add("path", { class: "dg-way " + look, d });
  }

  snow(x, y) {
    return this.add("path", { class: "dg-snow", d: `M${x - 4} ${y}h8M${x - 2} ${y - 3.5}l4 7M${x + 2} ${y - 3.5}l-4 7` });
  }

  frozen(x, y, width, height, words, { bits = false } = {}) {
    this.add("rect", { class: "dg-frozen", x, y, width, height, rx: 7 });
    this.add("rect", { x, y, width, height, rx: 7, fill: `url(#${this.id}-${bits ? "bits" : "hatch"})` });
    if (width > 40 && height > 26) this.snow(x + width - 11, y + 11);
    return words ? this.plate(x + width / 2, y + height / 2, words, width - 8) : this;
  }

  /** Words on a hatched ground get a plate of their own, so that they can be read. */
  plate(x, y, words, most) {
    const wide = [...words].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e7f ? 12.5 : 7), 10);
    const width = Math.min(most, wide);
    this.add("rect", { class: "dg-plate", x: x - width / 2, y: y - 9.5, width, height: 19, rx: 5 });
    return this.text(x, y + 4.5, words);
  }

  trained(x, y, width, height, words) {
    this.add("rect", { class: "dg-trained", x, y, width, height, rx: Math.min(7, width / 3) });
    return words ? this.text(x + width / 2, y + height / 2 + 4.5, words, "on-trained") : this;
  }

  /** A funnel: from one height to another. */
  funnel(x, y, width, from, to, words, kind = "trained") {
    const points = [[x, y - from / 2], [x + width, y - to / 2], [x + width, y + to / 2], [x, y + from / 2]].map((pair) => pair.join(",")).join(" ");
    this.add("polygon", { class: "dg-" + kind, points });
    if (kind === "frozen") this.add("polygon", { points, fill: `url(#${this.id}-hatch)` });
    return kind === "frozen" ? this.plate(x + width / 2, y, words, width) : this.text(x + width / 2, y + 4.5, words, "on-trained");
  }

  /** A sum or product where two ways meet. */
  meet(x, y, sign) {
    this.add("circle", { class: "dg-meet", cx: x, cy: y, r: 12 });
    return this.text(x, y + 5, sign, "sign");
  }

  /** Small cells in a row: tokens, or numbers of a vector. kinds: "t" trained, "f" frozen or given, "s" an example. */
  cells(x, y, kinds, size = 16, gap = 4) {
    const look = { t: "dg-trained", f: "dg-token", s: "dg-shot" };
    [...kinds].forEach((kind, at) => this.add("rect", { class: look[kind], x: x + at * (size + gap), y, width: size, height: size, rx: 3 }));
    return this;
  }

  port(x, y, words) {
    return this.text(x, y + 5, words, "port");
  }
}
