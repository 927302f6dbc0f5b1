/** Elements without innerHTML: text of users, data or models can never become markup. */

/**
 * Make an element. Strings among `children` become text nodes: text from data or models can never become markup.
 * @template {string} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} [attributes]
 * @param {...Child} children
 * @returns {Tag extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Tag] : any}
 */
export function h(tag, attributes, ...children) {
  const svg = SVG_TAGS.has(tag);
  /** @type {any} */
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.setAttribute("class", value);
    else if (key === "style" && typeof value === "object") Object.assign(node.style, value);
    else if (key in node && !svg && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  appendAll(node, children);
  return node;
}

const SVG_TAGS = new Set(["svg", "path", "circle", "line", "rect", "polyline", "g", "polygon", "ellipse"]);

export function appendAll(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Replace what `root` holds, keeping the focused control (by its id) focused. */
export function replaceChildren(root, ...children) {
  const focused = root.contains(document.activeElement) ? document.activeElement?.id : "";
  root.replaceChildren();
  appendAll(root, children);
  if (focused) document.getElementById(focused)?.focus();
}

/** Draw `items` into `parent`, one node an item: untouched while its JSON is the same, so focus and hover survive ticks. */
export function drawKeyed(parent, items, key, draw) {
  const had = parent.tsKeyed || new Map();
  const now = new Map();
  const focused = parent.contains(document.activeElement) ? document.activeElement?.id : "";
  items.forEach((item, index) => {
    const name = String(key(item));
    const text = JSON.stringify(item);
    let entry = had.get(name);
    if (!entry || entry.text !== text) {
      const node = draw(item, index);
      entry?.node.replaceWith(node);
      entry = { node, text };
    }
    now.set(name, entry);
    if (parent.children[index] !== entry.node) parent.insertBefore(entry.node, parent.children[index] || null);
  });
  for (const [name, entry] of had) if (!now.has(name)) entry.node.remove();
  parent.tsKeyed = now;
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
}
