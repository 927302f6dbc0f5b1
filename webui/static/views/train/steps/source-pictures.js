/* A small picture of what a model is shown, for each family of objectives. Teal is what it learns. */
import { svgNode } from "../../learn/diagram-kit.js";

const box = (x, y, width, height, look) => svgNode("rect", { x, y, width, height, rx: 3.5, class: look });
const path = (d, look = "line") => svgNode("path", { d, class: look });

const PICTURES = {
  answers: () => [box(4, 5, 24, 9, "plain"), box(18, 19, 28, 14, "full"), path("M23 24h18M23 28.5h11", "on")],
  pairs: () => [box(4, 4, 32, 13, "full"), path("M8.5 10.5h14", "on"), path("m39.5 10.5 3 3 5-6", "good"), box(4, 21, 32, 13, "plain"), path("M8.5 27.5h14"), path("m41 24.5 5.5 6m0-6-5.5 6", "bad")],
  thumbs: () => [path("M10 33V18l5-11c3 0 4.5 2 4 5l-.8 4H25c2 0 3.2 1.6 2.8 3.500l-2 10A3 3 0 0 1 23 33zM4.5 18H10v15H4.500z", "good"),
    path("M41 5v15l-4 11c-2.5 0-4-1.8-3.5-4.500l.8-4.500H30M41 5h4.500v15H41M41 5H32", "line")],
  rewards: () => [box(5, 22, 9, 12, "plain"), box(19, 14, 9, 20, "plain"), box(33, 5, 9, 29, "full"), path("M3 36.500h43")],
  texts: () => [path("M11 3.500h20l8 8V35H11z", "paper"), path("M31 3.500v8h8"), path("M16.5 18h17M16.5 23.500h17M16.5 29h11", "good")],
};

/** The picture of a family; it says nothing that the words beside it do not. */
export const sourcePicture = (key) => svgNode("svg", { class: "source-picture", viewBox: "0 0 50 38", "aria-hidden": "true" }, PICTURES[key]?.() ?? []);
