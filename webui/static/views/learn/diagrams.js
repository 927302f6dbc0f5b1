/* The diagrams, one a method, drawn by diagram-kit.js. A method without one of its own has its family's. */
import { t } from "../../kit/texts.js";
import { DiagramPen } from "./diagram-kit.js";

const dgWord = (key) => t("learn.diagram." + key);

/** The diagram of a method's card: `method` has key, family, label; `description` says in words what is drawn. */
export function methodDiagram(method, description) {
  const pen = new DiagramPen();
  (OF_METHOD[method.key] || OF_FAMILY[method.family] || DRAW.lowRank)(pen);
  return pen.finish(t("learn.diagram.title", { method: method.label }), description);
}

/** Base way: x, the frozen weights, a meeting point, h. */
function dgBase(pen, sign, options) {
  pen.port(10, 60, "x").way("M20 60H74").frozen(76, 30, 144, 60, dgWord("weights"), options).way("M220 60H282").meet(296, 60, sign).way("M308 60H350").port(360, 60, "h");
}

const DRAW = {
  lowRank(pen, options) {
    dgBase(pen, "+", options);
    pen.line("M44 60V140").way("M44 140H88", "trained").funnel(90, 140, 56, 54, 20, "A").way("M146 140H182", "trained").funnel(184, 140, 56, 20, 54, "B");
    pen.way("M240 140H296V75", "trained").text(164, 128, dgWord("rank"), "small").text(164, 184, dgWord("low_rank"), "small");
  },
  quantised(pen) {
    DRAW.lowRank(pen, { bits: true });
    pen.text(148, 22, dgWord("four_bits"), "small");
  },
  ranks(pen) {
    dgBase(pen, "+");
    pen.line("M44 60V140").way("M44 140H80", "trained").funnel(82, 140, 44, 52, 26, "P").funnel(206, 140, 44, 26, 52, "Q").way("M250 140H296V75", "trained");
    [36, 30, 24, 16].forEach((height, at) => pen.trained(136 + at * 12, 140 - height / 2, 8, height));
    [9, 6].forEach((height, at) => pen.add("rect", { class: "dg-gone", x: 184 + at * 10, y: 140 - height / 2, width: 6, height, rx: 1 }));
    pen.text(164, 184, dgWord("ranks"), "small");
  },
  shared(pen) {
    dgBase(pen, "+");
    pen.line("M44 60V140").way("M44 140H74", "trained").funnel(76, 140, 48, 54, 24, "A", "frozen").trained(132, 122, 12, 36).text(138, 116, "d", "small");
    pen.way("M146 140H170", "trained").funnel(172, 140, 48, 24, 54, "B", "frozen").trained(228, 114, 12, 52).text(234, 108, "b", "small").way("M242 140H296V75", "trained");
    pen.text(160, 184, dgWord("shared"), "small");
  },
  rotation(pen) {
    pen.port(10, 60, "x").way("M20 60H66").add("rect", { class: "dg-outline", x: 68, y: 24, width: 76, height: 72, rx: 7 });
    [0, 1, 2].forEach((at) => pen.trained(74 + at * 22, 29 + at * 21, 20, 19));
    pen.way("M144 60H186").frozen(188, 30, 110, 60, dgWord("weights")).way("M298 60H350").port(360, 60, "h");
    pen.text(106, 118, "R", "small").text(150, 148, dgWord("rotation"), "small").text(150, 168, dgWord("rotation_more"), "small");
  },
  whole(pen) {
    pen.port(10, 92, "x").way("M20 92H44");
    [0, 1, 2].forEach((at) => {
      pen.trained(46 + at * 98, 54, 76, 76, dgWord("layer"));
      pen.way(`M${122 + at * 98} 92H${at < 2 ? 142 + at * 98 : 350}`);
    });
    pen.port(360, 92, "h").text(186, 164, dgWord("all_trained"), "small");
  },
  part(pen) {
    pen.port(10, 92, "x").way("M20 92H44");
    [0, 1].forEach((at) => pen.frozen(46 + at * 98, 54, 76, 76, dgWord("layer")).way(`M${122 + at * 98} 92H${142 + at * 98}`));
    pen.trained(242, 54, 76, 76, dgWord("layer")).way("M318 92H350").port(360, 92, "h").text(280, 164, dgWord("top_trained"), "small");
  },
  biases(pen) {
    dgBase(pen, "+");
    pen.trained(288, 112, 16, 58).text(278, 145, dgWord("bias"), "small", "end").way("M296 110V75", "trained");
  },
  scales(pen) {
    dgBase(pen, "×");
    pen.trained(288, 112, 16, 58).text(278, 145, dgWord("scale"), "small", "end").way("M296 110V75", "trained");
  },
  norms(pen) {
    pen.port(10, 82, "x").way("M20 82H36").trained(38, 44, 24, 76).way("M62 82H82").frozen(84, 48, 90, 68, dgWord("attention"));
    pen.way("M174 82H194").trained(196, 44, 24, 76).way("M220 82H240").frozen(242, 48, 84, 68, dgWord("mlp")).way("M326 82H350").port(360, 82, "h");
    pen.text(50, 146, dgWord("norm"), "small").text(208, 146, dgWord("norm"), "small");
  },
  houlsby(pen) {
    dgAdapter(pen, [[24, dgWord("attention")], [184, dgWord("mlp")]], [114, 274]);
  },
  pfeiffer(pen) {
    dgAdapter(pen, [[24, dgWord("attention")], [130, dgWord("mlp")]], [244]);
  },
  prompt(pen) {
    pen.cells(22, 76, "tttt").cells(22, 104, "ffffff").text(60, 62, dgWord("virtual"), "small").text(80, 140, dgWord("question"), "small");
    dgModel(pen, 98);
  },
  encoder(pen) {
    pen.trained(14, 16, 112, 34, dgWord("encoder")).way("M60 50V70", "trained").cells(22, 76, "tttt").cells(22, 104, "ffffff").text(80, 140, dgWord("question"), "small");
    pen.text(132, 38, dgWord("only_training"), "small", "start");
    dgModel(pen, 98);
  },
  layers(pen) {
    dgPrefixes(pen, 92);
    pen.text(124, 178, dgWord("every_layer"), "small");
  },
  reparameterised(pen) {
    dgPrefixes(pen, 116);
    pen.trained(10, 58, 62, 62, dgWord("mlp")).way("M72 88H128", "trained").text(76, 178, dgWord("only_training"), "small", "start");
  },
  sparse(pen) {
    dgGrid(pen, 24, 44, () => true);
    pen.text(72, 160, dgWord("weights"), "small").meet(146, 92, "+");
    dgGrid(pen, 172, 44, (row, column) => [3, 8, 16, 21].includes(row * 5 + column));
    pen.text(220, 160, dgWord("sparse"), "small").way("M276 92H330").port(348, 92, "h");
  },
  ladder(pen) {
    pen.port(10, 52, "x").way("M20 52H34");
    [0, 1, 2].forEach((at) => {
      const x = 36 + at * 92;
      pen.frozen(x, 28, 66, 48, dgWord("layer")).way(`M${x + 66} 52H${at < 2 ? x + 92 : 314}`).way(`M${x + 78} 52V110`, "trained");
      pen.trained(x + 56, 112, 44, 34);
      if (at < 2) pen.way(`M${x + 100} 129H${x + 146}`, "trained");
    });
    pen.meet(328, 52, "+").way("M340 52H354").port(363, 52, "h").way("M320 129H328V66", "trained").text(172, 174, dgWord("ladder"), "small");
  },
  shots(pen) {
    [0, 1, 2].forEach((at) => pen.add("rect", { class: "dg-shot", x: 18, y: 22 + at * 32, width: 116, height: 25, rx: 5 }).text(76, 39 + at * 32, dgWord("example"), "on-shot"));
    pen.cells(18, 126, "ffffff").text(76, 164, dgWord("question"), "small");
    dgModel(pen, 90);
  },
};

/** The whole model, frozen, and its answer. */
const dgModel = (pen, y) => pen.way(`M146 ${y}H178`).frozen(180, y - 42, 110, 84, dgWord("model")).way(`M290 ${y}H324`).text(348, y + 4, dgWord("answer"), "small");

/** Frozen parts with small bottlenecks behind them, each with a way around it. */
function dgAdapter(pen, parts, adapters) {
  const y = 76;
  pen.port(8, y, "x");
  parts.forEach(([x, words]) => pen.frozen(x, y - 28, 72, 56, words));
  adapters.forEach((x) => {
    pen.funnel(x, y, 20, 48, 16, "").funnel(x + 24, y, 20, 16, 48, "");
    pen.way(`M${x - 8} ${y}V130H${x + 52}V${y + 4}`, "around");
  });
  const stops = [...parts.map(([x]) => [x, x + 72]), ...adapters.map((x) => [x, x + 44])].sort((a, b) => a[0] - b[0]);
  stops.forEach(([, end], at) => pen.way(`M${end} ${y}H${stops[at + 1]?.[0] ?? 350}`));
  pen.port(362, y, "h").text(adapters.at(-1) + 22, 152, dgWord("adapter"), "small");
}

/** Three layers with trained cells in front of each. */
function dgPrefixes(pen, x) {
  [0, 1, 2].forEach((at) => {
    const y = 24 + at * 46;
    pen.cells(x + 16, y + 7, "tt").frozen(x + 66, y, 148, 32, dgWord("layer"));
    if (at < 2) pen.way(`M${x + 140} ${y + 46}V${y + 33}`);
  });
}

function dgGrid(pen, x, y, filled) {
  for (let row = 0; row < 5; row += 1) for (let column = 0; column < 5; column += 1) {
    const kind = x > 100 ? (filled(row, column) ? "dg-trained" : "dg-gone") : "dg-frozen";
    pen.add("rect", { class: kind, x: x + column * 19, y: y + row * 19, width: 16, height: 16, rx: 3 });
  }
}

export const OF_METHOD = {
  lora: (pen) => DRAW.lowRank(pen),
  qlora: DRAW.quantised,
  adalora: DRAW.ranks,
  vera: DRAW.shared,
  oft: DRAW.rotation,
  full: DRAW.whole,
  freeze: DRAW.part,
  bitfit: DRAW.biases,
  ia3: DRAW.scales,
  ln_tuning: DRAW.norms,
  houlsby: DRAW.houlsby,
  pfeiffer: DRAW.pfeiffer,
  prompt_tuning: DRAW.prompt,
  p_tuning: DRAW.encoder,
  prefix_tuning: DRAW.reparameterised,
  p_tuning_v2: DRAW.layers,
  diff_pruning: DRAW.sparse,
  ladder: DRAW.ladder,
  few_shot: DRAW.shots,
};
const OF_FAMILY = {
  low_rank: (pen) => DRAW.lowRank(pen), adapter: DRAW.pfeiffer, prompt: DRAW.prompt, whole: DRAW.whole,
  selective: DRAW.part, context: DRAW.shots, research: DRAW.sparse,
};
