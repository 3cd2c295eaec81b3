// A bar plot of the cases that ask for one, as SVG. Its colours follow the reader's light or dark setting.
const WIDTH = 760;
const LABEL = 210;
const VALUE = 110;
const BAR = 18;
const GAP = 5;
const HEAD = 44;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 13px }
  .quiet { fill: #59636e; font-size: 11px }
  .ours { fill: #0969da }
  .peer { fill: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .ours { fill: #4493f8 } .peer { fill: #59636e }
  }`;

export function barPlot(machine, cases) {
  let y = 8;
  const panels = cases
    .filter(({ plot }) => plot !== undefined)
    .map((result) => {
      const panel = panelOf(result, y);
      y += panel.height;
      return panel.svg;
    });
  const note = `<text class="quiet" x="8" y="${y + 14}">${xmlText(`${machine.cpu}; ${machine.pinned}; Node ${machine.node}, Go ${machine.go}`)}</text>`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 24}" viewBox="0 0 ${WIDTH} ${y + 24}" role="img">`;
  return `${head}\n<style>${STYLE}\n</style>\n${panels.join("\n")}\n${note}\n</svg>\n`;
}

function panelOf({ title, metrics, plot, rows }, top) {
  const measured = rows.filter((row) => row.median?.[plot] !== undefined).sort((a, b) => b.median[plot] - a.median[plot]);
  const most = Math.max(...measured.map((row) => row.median[plot]));
  const bars = measured.map((row, i) => {
    const y = top + HEAD + i * (BAR + GAP);
    const value = row.median[plot];
    const width = Math.max(1, (value / most) * (WIDTH - LABEL - VALUE));
    const colour = row.id.startsWith("sluice") ? "ours" : "peer";
    return [
      `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${xmlText(row.label)}</text>`,
      `<rect class="${colour}" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 13}">${Math.round(value).toLocaleString("en")}</text>`,
    ].join("");
  });
  const heading = `<text class="title" x="8" y="${top + 18}">${xmlText(title)}</text><text class="quiet" x="8" y="${top + 34}">${xmlText(metrics[plot].label)}</text>`;
  return { svg: [heading, ...bars].join("\n"), height: HEAD + measured.length * (BAR + GAP) + 16 };
}

const xmlText = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
