/* Whether a number became better: by the direction that its metric declares, and by what a reader can see of it. */

/** {word: "better", "worse" or "same", tone: "good", "warn" or "neutral", share: how much of the number before}.
    `better` says which way is good: "low" or "high"; numbers that look the same with so many `decimals` are the same. */
export function changeOf(before, after, better = "low", decimals = 3) {
  const [first, last] = [before, after].map((value) => Number(value).toFixed(decimals));
  if (first === last) return { word: "same", tone: "neutral", share: 0 };
  const good = better === "high" ? after > before : after < before;
  return { word: good ? "better" : "worse", tone: good ? "good" : "warn", share: before ? Math.abs((after - before) / before) : null };
}
