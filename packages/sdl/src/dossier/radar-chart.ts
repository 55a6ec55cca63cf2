import { foundational, type LevelVector } from "../model/vocabulary.ts";
import { type Html, html } from "./html.ts";

const middle = { x: 190, y: 170 };
const radius = 120;

/** Seven axes from 0 to 4. Told apart by line and mark as well as by colour; the table beside it has the numbers. */
export function radarChart(levels: {
  readonly target: LevelVector;
  readonly component: LevelVector;
  readonly integrated: LevelVector;
}): Html {
  const told = foundational
    .map((fr) => `${fr} ${levels.component[fr]}, with measures ${levels.integrated[fr]}, target ${levels.target[fr]}`)
    .join("; ");
  return html`<svg viewBox="0 0 380 400" width="380" height="400" role="img" aria-labelledby="radar-title radar-text">
<title id="radar-title">SL-C per foundational requirement</title>
<desc id="radar-text">${told}</desc>
${[1, 2, 3, 4].map(
  (level) => html`<polygon points="${ring(level)}" fill="none" stroke="#c5ccd4" stroke-width="1"/>
`,
)}${foundational.map((fr, index) => axis(fr, index))}${polygon(levels.integrated, "#0b4f8a", "0.10", "6 3")}${polygon(levels.component, "#11632b", "0.18", "none")}${polygon(levels.target, "#9d1c14", "0", "2 3")}${legend}</svg>`;
}

const at = (index: number, distance: number): { readonly x: string; readonly y: string } => {
  const angle = (2 * Math.PI * index) / foundational.length - Math.PI / 2;
  return {
    x: (middle.x + Math.cos(angle) * distance).toFixed(1),
    y: (middle.y + Math.sin(angle) * distance).toFixed(1),
  };
};

const points = (distances: readonly number[]): string =>
  distances
    .map((distance, index) => {
      const { x, y } = at(index, distance);
      return `${x},${y}`;
    })
    .join(" ");

const ring = (level: number): string => points(foundational.map(() => (radius * level) / 4));

function axis(name: string, index: number): Html {
  const end = at(index, radius);
  const label = at(index, radius + 20);
  return html`<line x1="${middle.x}" y1="${middle.y}" x2="${end.x}" y2="${end.y}" stroke="#c5ccd4"/>
<text x="${label.x}" y="${label.y}" text-anchor="middle" dominant-baseline="middle" font-size="14" font-weight="600">${name}</text>
`;
}

function polygon(vector: LevelVector, colour: string, fill: string, dash: string): Html {
  const distances = foundational.map((fr) => (radius * vector[fr]) / 4);
  const marks = distances.map((distance, index) => {
    const { x, y } = at(index, distance);
    return html`<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`;
  });
  return html`<polygon points="${points(distances)}" fill="${colour}" fill-opacity="${fill}" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>${marks}
`;
}

const legendLine = (y: number, colour: string, dash: string, text: string): Html =>
  html`<line x1="60" y1="${y}" x2="100" y2="${y}" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/><text x="110" y="${y}" font-size="13" dominant-baseline="middle">${text}</text>
`;
const legend: Html = html`${legendLine(335, "#11632b", "none", "SL-C by the component alone")}${legendLine(357, "#0b4f8a", "6 3", "SL-C with the measures of the guide")}${legendLine(379, "#9d1c14", "2 3", "SL-C the vendor aims at")}`;
