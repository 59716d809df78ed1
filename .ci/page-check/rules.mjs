// The rules of a page. Each function runs in the browser, so it uses nothing from outside of itself.
// Each returns a list of findings, one sentence each.

/** The names of rules that the page is exempt from. */
export function exemptions() {
  return (document.body.dataset.checkWithout || "").split(" ");
}

/** Findings on the part of the page that is visible without scrolling: the marked elements must be within it. */
export function firstScreen(names) {
  return names.flatMap(name => {
    const marked = [...document.querySelectorAll(`[data-check="${name}"]`)];
    if (marked.length === 0) return [`no element has data-check="${name}"`];
    const inView = marked.some(element => {
      const { top, bottom, width, height } = element.getBoundingClientRect();
      return width > 0 && height > 0 && top >= 0 && bottom <= innerHeight && element.innerText.trim() !== "";
    });
    const { top, bottom } = marked[0].getBoundingClientRect();
    return inView ? [] : [
      `data-check="${name}" is not within the first screen: from ${Math.round(top)} to ${Math.round(bottom)} of ${innerHeight} px`,
    ];
  });
}

/** Opens every `details` by its summary, as a reader does. A finding for each that stays closed or shows nothing. */
export async function openDetails() {
  const findings = [];
  for (const details of document.querySelectorAll("details")) {
    const summary = details.querySelector(":scope > summary");
    const name = (summary?.innerText || details.id || "without a summary").trim().slice(0, 60);
    const before = details.getBoundingClientRect().height;
    if (!details.open) {
      summary?.click();
      await new Promise(requestAnimationFrame);
      if (!details.open) findings.push(`details "${name}" does not open`);
      else if (details.checkVisibility() && details.getBoundingClientRect().height <= before) {
        findings.push(`details "${name}" is open, but shows nothing`);
      }
    }
  }
  return findings;
}

/** A finding if the page itself scrolls sideways. */
export function sidewaysScroll() {
  const { scrollWidth, clientWidth } = document.scrollingElement;
  return scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide and scrolls sideways`] : [];
}

/** Findings on labels of charts: two overlap, or one is cut by the edge of its chart. */
export function chartLabels() {
  // The box of a text has the height of its line. Letters fill about three quarters of it.
  const box = text => {
    const { left, right, top, bottom, height } = text.getBoundingClientRect();
    return { left, right, top: top + height * 0.15, bottom: bottom - height * 0.15, text };
  };
  const slack = 1;
  const quote = text => `"${text.textContent.trim().slice(0, 40)}"`;
  const findings = [];
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.checkVisibility() || svg.closest('[data-check="flame-graph"]')) continue;
    const edge = svg.getBoundingClientRect();
    const section = svg.closest("[id]")?.id;
    const title = svg.closest("figure, .picture")?.parentElement?.querySelector("h3, h4")?.textContent
      ?? svg.querySelector("title, text")?.textContent ?? "";
    const place = `in the chart "${title.trim().slice(0, 60)}"${section ? ` of #${section}` : ""}`;
    const boxes = [...svg.querySelectorAll("text")]
      .filter(text => text.checkVisibility({ visibilityProperty: true }) && text.textContent.trim() !== "")
      .map(box);
    for (const { left, right, top, bottom, text } of boxes) {
      if (left < edge.left - slack || right > edge.right + slack || top < edge.top - slack || bottom > edge.bottom + slack) {
        findings.push(`${quote(text)} is cut ${place}`);
      }
    }
    boxes.forEach((a, index) => boxes.slice(index + 1).forEach(b => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > slack && down > slack) findings.push(`${quote(a.text)} overlaps ${quote(b.text)} ${place}`);
    }));
  }
  return findings;
}

/** A finding for each element that is wider than the element around it, or that scrolls sideways. */
export function tooWide() {
  const name = element => {
    const label = element.id ? `#${element.id}` : element.className ? `.${String(element.className).trim().replace(/\s+/g, ".")}` : "";
    const caption = element.querySelector?.("caption, summary")?.textContent ?? element.closest("section")?.id ?? "";
    return `<${element.localName}>${label}${caption ? ` "${caption.trim().slice(0, 60)}"` : ""}`;
  };
  const findings = [];
  for (const element of document.body.querySelectorAll("*:not(svg *)")) {
    const { position, display, overflowX } = getComputedStyle(element);
    if (["absolute", "fixed"].includes(position) || display === "contents" || !element.checkVisibility()) continue;
    const beyond = element.scrollWidth - element.clientWidth;
    if (["auto", "scroll", "hidden", "clip"].includes(overflowX) && beyond > 1) {
      findings.push(`${name(element)} is ${beyond} px wider than its container`);
      continue;
    }
    // Content of a region that scrolls is reported once, with the region.
    if (scrolls(element.parentElement)) continue;
    const [inner, outer] = [element.getBoundingClientRect(), element.parentElement.getBoundingClientRect()];
    const over = Math.max(inner.right - outer.right, outer.left - inner.left);
    if (inner.width > 0 && over > 1) findings.push(`${name(element)} is ${Math.round(over)} px wider than its container`);
  }
  return findings;

  function scrolls(element) {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth + 1) return true;
    }
    return false;
  }
}

/** Bytes of the page's own text in flame graphs, which have no limit. */
export function flameGraphBytes() {
  const graphs = [...document.querySelectorAll('[data-check="flame-graph"]')];
  return graphs.reduce((sum, graph) => sum + new TextEncoder().encode(graph.outerHTML).length, 0);
}

/** Violations that axe-core finds. */
export async function accessibility() {
  const { violations } = await globalThis.axe.run(document, {
    resultTypes: ["violations"],
    // Reading style sheets again fails for files, which the browser reports as errors of the page.
    preload: false,
  });
  return violations.map(({ id, help, nodes }) =>
    `axe-core ${id}: ${help}; ${nodes.length} times, first at ${nodes[0].target.join(" ")}`);
}
