"use strict";
/**
 * Horizontal bars as an SVG that follows the reader's light or dark colours.
 */
const WIDTH = 760;
const LABEL_WIDTH = 270;
const VALUE_WIDTH = 130;
const ROW_HEIGHT = 30;
const BAR_HEIGHT = 18;
const TOP = 44;

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; font-size: 14px; }
    .value { font-variant-numeric: tabular-nums; }
    .axis { stroke: #8c959f; }
    .ours-0 { fill: #0969da; }
    .ours-1 { fill: #80b8f5; }
    .other-0 { fill: #6e7781; }
    .other-1 { fill: #c3c9d0; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .axis { stroke: #6e7681; }
      .ours-0 { fill: #4c9bf5; }
      .ours-1 { fill: #1f4f8a; }
      .other-0 { fill: #9198a1; }
      .other-1 { fill: #4a525b; }
    }
  `;

/**
 * @param chart.groups - `{ label, isOurs, values: { value, text }[] }`, one bar each
 * @param chart.names - what the values of a bar are called, where it has several
 * @param chart.isNested - whether the values of a bar contain each other (percentiles) or add up
 */
function barChart({ title, groups, names = [], isNested = false }) {
  const lengthOf = ({ values }) =>
    isNested
      ? Math.max(...values.map(({ value }) => value))
      : values.reduce((sum, { value }) => sum + value, 0);
  const scale =
    (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / Math.max(...groups.map(lengthOf));
  const top = TOP + (names.length > 0 ? 22 : 0);
  const height = top + groups.length * ROW_HEIGHT + 10;

  const rows = groups.map((group, row) => {
    const y = top + row * ROW_HEIGHT;
    const middle = y + BAR_HEIGHT / 2 + 5;
    const end = LABEL_WIDTH + lengthOf(group) * scale;
    const texts = group.values.map(({ text }) => text).join(" + ");
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${middle}" text-anchor="end">${escape(group.label)}</text>`,
      ...bars(group, y, scale, isNested),
      `<text class="value" x="${px(end + 8)}" y="${middle}">${isNested ? texts.replace(" + ", " / ") : texts}</text>`,
    ].join("\n  ");
  });

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
  <title>${escape(title)}</title>
  <style>${STYLE}</style>
  <text class="title" x="10" y="22">${escape(title)}</text>
  ${legend(names)}
  ${rows.join("\n  ")}
  <line class="axis" x1="${LABEL_WIDTH}" x2="${LABEL_WIDTH}" y1="${top - 6}" y2="${height - 10}"/>
</svg>
`;
}

function bars({ isOurs, values }, y, scale, isNested) {
  let x = LABEL_WIDTH;
  const drawn = values.map(({ value }, index) => {
    const width = value * scale;
    const bar = `<rect class="${isOurs ? "ours" : "other"}-${index}" x="${px(x)}" y="${y}" width="${px(width)}" height="${BAR_HEIGHT}"/>`;
    x += isNested ? 0 : width;
    return bar;
  });
  // the longest is drawn first, so that the others can be seen
  return isNested ? drawn.reverse() : drawn;
}

function legend(names) {
  return names
    .map((name, index) => {
      const x = LABEL_WIDTH + index * 150;
      return [
        `<rect class="other-${index}" x="${x}" y="36" width="12" height="12"/>`,
        `<text x="${x + 18}" y="47">${escape(name)}</text>`,
      ].join("\n  ");
    })
    .join("\n  ");
}

function px(value) {
  return Number(value.toFixed(1));
}

function escape(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

module.exports = { barChart };
