// What runs inside of a page: it shows the sections that its host sends, tells the host which button
// was pressed, and keeps the place of the reader while parts are drawn anew.
(() => {
  const host = acquireVsCodeApi();
  const main = document.querySelector('main');
  const status = document.getElementById('status');
  const drawn = new Map();
  let subject = '';

  window.addEventListener('message', ({ data }) => {
    if (data.status !== undefined) say(data.status);
    if (data.sections !== undefined) draw(data);
  });

  let hiding;
  function say(text) {
    clearTimeout(hiding);
    status.textContent = text;
    hiding = setTimeout(() => status.replaceChildren(), 8000);
  }

  function draw({ subject: next, sections }) {
    const isOther = next !== subject;
    if (isOther) {
      drawn.clear();
      main.replaceChildren();
      status.textContent = '';
      subject = next;
    }
    const wanted = new Set(sections.map(({ id }) => id));
    for (const id of drawn.keys()) {
      if (wanted.has(id)) continue;
      drawn.delete(id);
      document.getElementById(id)?.remove();
    }
    for (const { id, markup } of sections) {
      if (drawn.get(id) === markup) continue;
      drawn.set(id, markup);
      redraw(sectionOf(id), markup);
    }
    // In the order in which they came, wherever a new one was put.
    sections.forEach(({ id }, index) => {
      const section = document.getElementById(id);
      if (main.children[index] !== section)
        main.insertBefore(section, main.children[index] ?? null);
    });
    if (isOther) restore();
  }

  function sectionOf(id) {
    const known = document.getElementById(id);
    if (known) return known;
    const made = document.createElement(id === 'head' ? 'header' : 'section');
    made.id = id;
    main.append(made);
    return made;
  }

  function redraw(section, markup) {
    const open = [...section.querySelectorAll('details')].map(({ id, open }) => [id, open]);
    const scrolled = [...section.querySelectorAll('.description, .scroll')].map((box) => [
      box.scrollTop,
      box.scrollLeft,
    ]);
    const focused = section.contains(document.activeElement) ? signOf(document.activeElement) : '';
    section.innerHTML = markup;
    for (const [id, wasOpen] of open) {
      const now = document.getElementById(id);
      if (now) now.open = wasOpen;
    }
    section.querySelectorAll('.description, .scroll').forEach((box, index) => {
      [box.scrollTop, box.scrollLeft] = scrolled[index] ?? [0, 0];
    });
    for (const time of section.querySelectorAll('time')) {
      time.textContent = new Date(time.dateTime).toLocaleString();
    }
    if (focused === '') return;
    const same = [...section.querySelectorAll(focusable)].find((one) => signOf(one) === focused);
    (same ?? section.querySelector(focusable))?.focus({ preventScroll: true });
  }

  const focusable = 'button, a, summary, [tabindex]';

  /** What tells an element from the others when it is drawn anew. */
  function signOf(element) {
    const { tool, do: does, preset } = element.dataset;
    return JSON.stringify([
      element.tagName,
      does,
      tool ?? preset,
      element.textContent.slice(0, 80),
    ]);
  }

  document.addEventListener('click', ({ target }) => {
    const button = target.closest('button[data-do]');
    if (button) host.postMessage({ ...button.dataset, subject });
  });

  // The editor throws the page away while another tab is in front of it.
  function keep() {
    if (subject === '') return;
    const open = [...document.querySelectorAll('details')].map(({ id, open }) => [id, open]);
    host.setState({ subject, top: window.scrollY, open });
  }

  function restore() {
    const state = host.getState();
    const isSame = state?.subject === subject;
    for (const [id, wasOpen] of isSame ? state.open : []) {
      const now = document.getElementById(id);
      if (now) now.open = wasOpen;
    }
    window.scrollTo(0, isSame ? state.top : 0);
  }

  let waiting;
  document.addEventListener('scroll', () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 100);
  });
  document.addEventListener('toggle', keep, true);

  host.postMessage({ do: 'ready', subject: '' });
})();
