// Hiwar on another site: <script src="https://host/widget.js" data-language="ar" defer></script>
// Everything lives in a shadow root with a constructed style sheet, so neither page touches the other's look and a
// strict style-src of the host page is not offended. The chat itself is loaded at the first opening only.
(() => {
  'use strict';
  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const WORDS = {
    ar: { open: 'اسألوا حوار', close: 'إغلاق', title: 'حوار، المساعد الآلي للحكومة المنفتحة' },
    fr: { open: 'Demander à Hiwar', close: 'Fermer', title: 'Hiwar, assistant automatique du Gouvernement ouvert' },
    zgh: { open: 'ⵙⵇⵙⴰⵢⴰⵜ ⵃⵉⵡⴰⵔ', close: 'ⵔⴳⵍ', title: 'ⵃⵉⵡⴰⵔ, ⴰⴱⵓⵜ ⵏ « Gouvernement ouvert »' },
    en: { open: 'Ask Hiwar', close: 'Close', title: 'Hiwar, automatic assistant of Open Government' },
  };
  const wanted = script.dataset.language || document.documentElement.lang.slice(0, 3).replace(/-.*/, '');
  const language = WORDS[wanted] ? wanted : 'ar';
  const words = WORDS[language];
  const phone = matchMedia('(max-width: 40rem), (max-height: 32rem)');

  const SHEET = `
    :host { all: initial; }
    [hidden] { display: none !important; }
    * { box-sizing: border-box; }
    .root { --teal: #0f5c5c; --paper: #fffdf9; --ink: #13242b; --line: #e2d9c8; --on: #fff; --mark: #a85400;
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "Noto Sans Tifinagh", sans-serif; color: var(--ink); }
    button { font: inherit; cursor: pointer; }
    :focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
    svg { fill: none; stroke: currentColor; stroke-linejoin: round; stroke-linecap: round; flex: none; }
    .open { position: fixed; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483000; display: flex; align-items: center; gap: .625rem;
      min-block-size: 3.5rem; padding: .5rem 1.25rem .5rem 1rem; border: 2px solid var(--paper); border-radius: 2rem; background: var(--teal); color: var(--on);
      box-shadow: 0 2px 14px rgb(19 36 43 / .22); }
    .root[dir=rtl] .open { padding: .5rem 1rem .5rem 1.25rem; }
    dialog { position: fixed; inset: auto; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483001; margin: 0; padding: 0;
      inline-size: 25rem; block-size: min(42rem, calc(100vh - 2.5rem)); max-inline-size: none; max-block-size: none; overflow: hidden;
      border: 1px solid var(--line); border-radius: 1.125rem; background: var(--paper); color: inherit; box-shadow: 0 4px 28px rgb(19 36 43 / .22); }
    dialog[open] { display: flex; flex-direction: column; animation: rise .18s ease-out; }
    @keyframes rise { from { opacity: 0; transform: translateY(.75rem); } }
    .close { position: absolute; inset-block-start: .375rem; inset-inline-end: .5rem; display: grid; place-items: center; inline-size: 2.75rem; block-size: 2.75rem; border: 0; border-radius: .75rem; background: none; color: var(--ink); }
    iframe { flex: 1; inline-size: 100%; border: 0; background: var(--paper); }
    @media (max-width: 40rem), (max-height: 32rem) {
      dialog { inset: 0; inline-size: 100%; block-size: 100%; block-size: 100dvh; border: 0; border-radius: 0; }
    }
    @media (prefers-color-scheme: dark) {
      .root { --teal: #7cc4bd; --paper: #11191c; --ink: #e9e3d6; --line: #33424a; --on: #0d1e20; --mark: #e6a35c; }
    }
    @media (prefers-reduced-motion: reduce) { dialog[open] { animation: none; } }
    @media print { .root { display: none; } }`;

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function drawing(size, box, path, width) {
    const [svg, line] = ['svg', 'path'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
    for (const [name, value] of Object.entries({ viewBox: box, width: size, height: size, 'stroke-width': width, 'aria-hidden': 'true' })) svg.setAttribute(name, value);
    line.setAttribute('d', path);
    svg.append(line);
    return svg;
  }

  const KHATAM = 'M61 32 32 61 3 32 32 3ZM52.5 52.5H11.5V11.5H52.5ZM40 32a8 8 0 1 1-16 0 8 8 0 0 1 16 0';
    const opener = make('button', { type: 'button', class: 'open', 'aria-expanded': 'false', 'aria-haspopup': 'dialog' }, drawing(28, '0 0 64 64', KHATAM, 3), words.open);
  const closer = make('button', { type: 'button', class: 'close', 'aria-label': words.close, title: words.close }, drawing(22, '0 0 24 24', 'M6 6l12 12M18 6 6 18', 1.75));
  const panel = make('dialog', { 'aria-label': words.title }, closer);
  const root = make('div', { class: 'root', lang: language, dir: language === 'ar' ? 'rtl' : 'ltr' }, opener, panel);
  let frame = null;

  function open() {
    if (!panel.show) { // browsers before 2022 have no dialog
      window.open(`${origin}/?lang=${language}`, '_blank', 'noopener');
      return;
    }
    if (!frame) {
      frame = make('iframe', { title: words.title, allow: 'geolocation', src: `${origin}/chat?embed=1&lang=${language}` });
      panel.append(frame);
    }
    // On a phone the panel covers the page, so the page behind must not be reachable; on a desk both stay in use.
    if (phone.matches) panel.showModal();
    else panel.show();
    opener.setAttribute('aria-expanded', 'true');
    opener.hidden = true;
    closer.focus();
  }

  function close() {
    if (panel.open) panel.close();
  }

  opener.addEventListener('click', open);
  closer.addEventListener('click', close);
  panel.addEventListener('close', () => {
    opener.setAttribute('aria-expanded', 'false');
    opener.hidden = false;
    opener.focus();
  });
  panel.addEventListener('keydown', (event) => { if (event.key === 'Escape') close(); });
  addEventListener('message', (event) => {
    if (frame && event.source === frame.contentWindow && event.origin === origin && event.data === 'hiwar:close') close();
  });

  const host = make('div', {});
  const shadow = host.attachShadow({ mode: 'open' });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
    shadow.adoptedStyleSheets = [sheet];
  } catch { // browsers before 2023
    shadow.append(make('style', {}, SHEET));
  }
  shadow.append(root);
  document.body.append(host);
})();
