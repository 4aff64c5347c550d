'use strict';
// The web chat. The page works without this file; it only makes it quicker and kinder.
// Lines are built as web/templates/macros.html builds them: change both together.
(() => {
  const $ = (id) => document.getElementById(id);
  const settings = JSON.parse($('settings').textContent);
  const words = settings.words;
  const [log, field, form, talk] = [$('log'), $('text'), $('say'), $('talk')];
  const token = form.elements.token.value;
  const MOST_PIXELS = 2048; // a photograph is scaled to this before it is sent: 4 MB would take minutes on a slow line
  let last = Number(talk.dataset.last);
  let pending = settings.pending;

  // --- Elements -----------------------------------------------------------------------------------------------------

  // Text always arrives as a text node, so nothing that anybody wrote can become markup.
  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== '' && value !== false) node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.filter((child) => child));
    return node;
  }

  function icon(name, kind = '') {
    const [svg, use] = ['svg', 'use'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
    svg.setAttribute('class', `icon ${kind}`.trim());
    svg.setAttribute('aria-hidden', 'true');
    use.setAttribute('href', `#i-${name}`);
    svg.append(use);
    return svg;
  }

  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const size = (bytes) => bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.floor(bytes / 1024))} kB`;

  // Addresses as people write them here, a bare "cdai.ma" too. The server's filter `linked` has the same pattern.
  const ADDRESS = /https?:\/\/[^\s<>"«»]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[a-z0-9-]+\.)+(?:ma|org|com|net)(?![\w.-]*\w)(?:\/[^\s<>"«»]*)?/gi;

  function linked(text) {
    const parts = [];
    let from = 0;
    for (const found of text.matchAll(ADDRESS)) {
      const shown = found[0].replace(/[.,;:!?)\]}'،؛؟…\u2066-\u2069]+$/u, '');
      const href = /^https?:/i.test(shown) ? shown : shown.includes('@') ? `mailto:${shown}` : `https://${shown}`;
      parts.push(text.slice(from, found.index), make('a', { href, dir: 'ltr', target: '_blank', rel: 'noopener noreferrer' }, shown));
      from = found.index + shown.length;
    }
    return [...parts, text.slice(from)];
  }

  // --- Lines --------------------------------------------------------------------------------------------------------

  // A choice may be typed as its number; links and other buttons have none, because the server does not count them.
  function numbered(line) {
    let count = 0;
    return line.buttons.map((each) => [each, line.numbered && each.kind === 'reply' ? ++count : 0]);
  }

  function button(item, number) {
    const face = [make('bdi', { class: 'label' }, item.label)];
    if (number) face.unshift(make('span', { class: 'number' }, String(number)));
    if (item.kind === 'link') {
      return make('a', { class: 'button', href: item.url, target: '_blank', rel: 'noopener noreferrer' },
        ...face, icon('link', 'turns'), make('span', { class: 'unseen' }, words.new_tab));
    }
    if (item.kind === 'place' || item.kind === 'contact') {
      return make('button', { class: 'button', type: 'button', 'data-kind': item.kind }, ...face, icon(item.kind === 'place' ? 'place' : 'phone'));
    }
    return make('button', { class: 'button', form: 'press', name: 'pressed', value: item.data }, ...face);
  }

  function file(item) {
    const inside = item.picture
      ? [make('img', { src: item.url, alt: item.name || words.picture })]
      : [icon('file'), make('bdi', {}, item.name || words.document), item.size && make('span', { class: 'size', dir: 'ltr' }, size(item.size))];
    return make('a', { class: item.picture ? 'file picture' : 'file', href: item.url, target: '_blank', rel: 'noopener' }, ...inside);
  }

  function spot(place) {
    const point = `${place.latitude.toFixed(5)}, ${place.longitude.toFixed(5)}`;
    return make('p', { class: 'spot' }, icon('place'), make('bdi', {}, place.title || words.place), ' ', make('span', { class: 'size', dir: 'ltr' }, point));
  }

  function bubble(line) {
    const paragraphs = (line.text || '').split('\n\n').filter((part) => part.trim());
    const own = line.dir === 'rtl' || line.dir === 'ltr';
    return make('div', { class: 'bubble', dir: line.text ? line.dir || 'auto' : '', lang: line.language },
      paragraphs.length && make('div', { class: 'words' }, ...paragraphs.map((part) => make('p', own ? {} : { dir: 'auto' }, ...linked(part)))),
      ...(line.files || []).map(file),
      line.place && spot(line.place),
      line.note && make('p', { class: 'note' }, ...linked(line.note)));
  }

  // Hours as stored: Morocco is on UTC for good since 20 September 2026, while many telephones still think otherwise.
  function clock(line) {
    return make('p', { class: 'at' }, line.id ? make('time', { datetime: line.at }, line.at.slice(11, 16)) : words.sending);
  }

  function article(line) {
    const node = make('article', { class: `line ${line.side}`, 'data-day': (line.at || '').slice(0, 10) },
      make('span', { class: 'unseen' }, words[line.side]), bubble(line), clock(line),
      line.buttons && line.buttons.length &&
        make('ol', { class: 'buttons', 'aria-label': words.choices }, ...numbered(line).map(([each, number]) => make('li', {}, button(each, number)))));
    if (line.id) name(node, line);
    return node;
  }

  function name(node, line) {
    node.id = `line-${line.id}`;
    node.dataset.id = line.id;
    node.dataset.day = line.at.slice(0, 10);
  }

  function day(date) {
    const shown = date.split('-').reverse().join('/');
    return make('p', { class: 'day' }, icon('khatam'), make('time', { datetime: date, dir: 'ltr' }, shown), icon('khatam'));
  }

  // --- The conversation ---------------------------------------------------------------------------------------------

  const unsent = () => log.querySelector('.sending');
  const stored = () => [...log.querySelectorAll('.line[data-id]')];

  function add(line) {
    if ($(`line-${line.id}`)) return null;
    last = Math.max(last, line.id);
    if (isGreeting(line)) return null;
    const waiting = line.event && queue.find((item) => item.event === line.event);
    if (waiting && waiting.node.isConnected) return settle(waiting.node, line);
    const node = article(line);
    const before = stored().pop();
    if (before && before.dataset.day !== node.dataset.day) log.insertBefore(day(node.dataset.day), unsent());
    log.insertBefore(node, unsent());
    return node;
  }

  // The greeting is shown before anything is stored; the first line that is stored takes its place.
  function isGreeting(line) {
    const greeting = $('line-0');
    if (!greeting) return false;
    const same = greeting.querySelector('.bubble').textContent === bubble(line).textContent;
    if (same) name(greeting, line);
    else greeting.remove();
    return same;
  }

  // The citizen's own bubble becomes the stored line in place: replacing it would make a screen reader say it again.
  function settle(node, line) {
    name(node, line);
    node.classList.remove('sending');
    node.querySelector('.at').replaceWith(clock(line));
    const drawn = bubble(line);
    if (node.querySelector('.bubble').textContent !== drawn.textContent || line.files?.length) node.querySelector('.bubble').replaceWith(drawn);
    return node;
  }

  // Choices before the citizen's last words are past: still there to be read and pressed, but calm.
  function calm() {
    let past = false;
    for (const node of [...log.querySelectorAll('.line')].reverse()) {
      node.querySelector('.buttons')?.classList.toggle('past', past);
      if (node.classList.contains('you')) past = true;
    }
  }

  function receive(answer) {
    const fresh = answer.lines.map(add).filter(Boolean);
    if ('pending' in answer) expectAnswer(answer.pending);
    if (answer.language && answer.language !== document.documentElement.lang) {
      location.assign(settings.home); // the talk is in another language now, and so shall the page be
      return;
    }
    const said = fresh.filter((node) => node.classList.contains('bot'));
    if (fresh.length) {
      talk.classList.remove('welcome');
      calm();
    }
    if (said.length) {
      typing(false);
      reveal(said[0]);
      if (document.hidden) announce(said.length);
    }
  }

  // --- Where the reader is ------------------------------------------------------------------------------------------

  const quickly = matchMedia('(prefers-reduced-motion: reduce)');
  const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 160;
  let following = true;

  function scroll(top) {
    scrollTo({ top, behavior: quickly.matches ? 'auto' : 'smooth' });
  }

  // A long answer is read from its start, so the page never jumps past it; a reader looking at older lines is left in peace.
  function reveal(node) {
    const head = document.querySelector('.top').offsetHeight + 16;
    if (following) scroll(Math.min(document.documentElement.scrollHeight, node.getBoundingClientRect().top + scrollY - head));
    else $('newer').hidden = node.getBoundingClientRect().top < innerHeight - 160;
    following = following && atEnd();
  }

  function openAtReply() {
    const own = [...log.querySelectorAll('.line.you')].pop();
    if (own) scrollTo(0, own.getBoundingClientRect().top + scrollY - document.querySelector('.top').offsetHeight - 16);
  }

  const title = document.title;
  let unread = 0;

  function announce(count) {
    unread += count;
    document.title = `(${unread}) ${title}`;
  }

  // --- Notices ------------------------------------------------------------------------------------------------------

  let typingTimer = 0;

  // Only what takes longer than 400 ms is worth a sign, and a sign that stays after 20 s would be a lie.
  function typing(on) {
    clearTimeout(typingTimer);
    $('typing').replaceChildren();
    if (!on) return;
    typingTimer = setTimeout(() => {
      $('typing').append(make('i'), make('i'), make('i'), words.typing);
      if (following) scroll(document.documentElement.scrollHeight);
      typingTimer = setTimeout(() => typing(false), 20000);
    }, 400);
  }

  function notify(sentence, action, bad = false) {
    const place = $('notice');
    place.className = bad ? 'notice bad' : 'notice';
    place.setAttribute('role', bad ? 'alert' : 'status');
    place.replaceChildren(...(sentence ? [make('p', { dir: 'auto' }, sentence)] : []));
    if (!sentence || !action) return;
    const press = make('button', { type: 'button' }, action.label);
    press.addEventListener('click', () => { notify(''); action.run(); });
    place.append(press);
  }

  // --- Sending ------------------------------------------------------------------------------------------------------

  const queue = []; // in order, one at a time; each keeps its event id, so sending again changes nothing
  let busy = false;
  let tries = 0;
  let returned = null; // what the server could not take and is back in the field

  const store = (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* a full or forbidden store only costs the safety net */ } };
  const recall = (key) => { try { return sessionStorage.getItem(key); } catch { return null; } };

  function keep() {
    store('hiwar.draft', field.value);
    store('hiwar.waiting', JSON.stringify(queue.filter((item) => !item.files).map(({ node, ...rest }) => rest)));
  }

  const uuid = () => crypto.randomUUID?.() ?? [8, 4, 4, 4, 12].map((n) =>
    Array.from(crypto.getRandomValues(new Uint8Array(n)), (byte) => (byte % 16).toString(16)).join('')).join('-'); // plain http has no randomUUID

  function send(item) {
    item.event = item.event || uuid();
    item.node = article({
      side: 'you', text: item.shown ?? item.text, dir: 'auto',
      files: (item.files || []).map((each) => ({ url: each.url, name: each.file.name, size: each.file.size, picture: each.picture })),
      place: item.latitude === undefined ? null : item,
    });
    item.node.classList.add('sending');
    talk.classList.remove('welcome');
    log.append(item.node);
    queue.push(item);
    calm();
    keep();
    following = true;
    scroll(document.documentElement.scrollHeight);
    pump();
  }

  function body(item) {
    const data = new FormData();
    for (const [key, value] of Object.entries({ token, event: item.event, text: item.text, pressed: item.pressed, latitude: item.latitude, longitude: item.longitude })) {
      if (value !== undefined) data.append(key, value);
    }
    for (const each of item.files || []) data.append('files', each.file, each.file.name);
    return data;
  }

  async function pump() {
    if (busy || !queue.length) return;
    busy = true;
    const item = queue[0];
    typing(true);
    try {
      const answer = await fetch(form.action, { method: 'POST', body: body(item), headers: { Accept: 'application/json' }, signal: item.files ? undefined : AbortSignal.timeout?.(30000) });
      const told = await answer.json().catch(() => ({}));
      tries = 0;
      if (answer.ok) delivered(item, told);
      else giveBack(told.error || words.failed, answer.status === 403);
    } catch {
      lineIsDown(item);
    }
    busy = false;
    if (!tries) pump();
  }

  function delivered(item, told) {
    const answered = told.lines.some((line) => line.side === 'bot') || log.querySelector(`#line-${told.last}.bot`);
    receive(told);
    queue.shift();
    if (item.node.classList.contains('sending')) item.node.remove(); // stored under another line, or seen before
    keep();
    notify('');
    if (answered) typing(false);
    if (!stream || stream.readyState === EventSource.CLOSED) listen();
  }

  // No answer at all: it may or may not have arrived. The bubble waits and the same event goes again.
  function lineIsDown(item) {
    typing(false);
    if (!item.node.classList.contains('sending')) { // it did arrive: its line came by the stream, only the answer was lost
      queue.shift();
      keep();
      return;
    }
    item.node.querySelector('.at').textContent = words.waiting;
    notify(words.offline, { label: words.again, run: pump });
    tries += 1;
    setTimeout(pump, Math.min(30000, 1000 * 2 ** tries));
  }

  // The server said no: everything goes back where it can be corrected, and the same event is used if nothing is changed.
  function giveBack(sentence, outOfDate) {
    typing(false);
    const items = queue.splice(0);
    for (const item of items) item.node.remove();
    const texts = items.filter((item) => item.text && !item.shown).map((item) => item.text);
    field.value = [...texts, field.value].filter(Boolean).join('\n');
    chosen.unshift(...items.flatMap((item) => item.files || []));
    showChosen();
    fit();
    const [press] = items.filter((item) => item.shown || item.latitude !== undefined);
    returned = items.length === 1 ? items[0] : null;
    const again = { label: words.again, run: press ? () => send(press) : trySubmit };
    notify(sentence, outOfDate ? { label: words.reload, run: () => location.assign(settings.home) } : again, true);
    calm();
    keep();
  }

  function submit() {
    const text = field.value.trim();
    const files = chosen.splice(0);
    const same = returned && returned.text === text && (returned.files || []).length === files.length;
    const item = same ? { ...returned } : { text };
    if (files.length) item.files = files;
    returned = null;
    field.value = '';
    showChosen();
    fit();
    notify('');
    send(item);
  }

  function trySubmit() {
    if (room() < 0) sayTooLong();
    else if (field.value.trim() || chosen.length) submit();
    field.focus();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    trySubmit();
  });

  // --- Presses ------------------------------------------------------------------------------------------------------

  function findPlace() {
    const fail = () => { notify(words.no_place, null, true); field.focus(); };
    if (!navigator.geolocation) return fail();
    notify(words.locating);
    return navigator.geolocation.getCurrentPosition(({ coords }) => {
      notify('');
      send({ latitude: coords.latitude, longitude: coords.longitude });
    }, fail, { timeout: 15000, maximumAge: 60000 });
  }

  function askPhone() {
    notify(words.write_phone);
    field.inputMode = 'tel';
    field.focus();
  }

  let pressedAt = 0;

  // By click, not by the submit event: browsers before 2022 do not tell which button submitted.
  document.addEventListener('click', (event) => {
    const pressed = event.target.closest('button[form="press"]');
    if (!pressed) return;
    event.preventDefault();
    $('menu').open = false;
    if (Date.now() - pressedAt < 500) return; // the choices draw together when pressed: a second tap would hit another one
    pressedAt = Date.now();
    send({ [pressed.name]: pressed.value, shown: (pressed.querySelector('.label') || pressed).textContent.trim() });
  });

  log.addEventListener('click', (event) => {
    const kind = event.target.closest('[data-kind]')?.dataset.kind;
    if (kind === 'place') findPlace();
    if (kind === 'contact') askPhone();
  });

  // --- The field ----------------------------------------------------------------------------------------------------

  const longest = () => pending?.longest || settings.limits.text;
  const room = () => longest() - [...field.value.trim()].length; // code points, as the server counts

  function fit() {
    if (!CSS.supports('field-sizing', 'content')) {
      field.style.height = 'auto';
      field.style.height = `${field.scrollHeight}px`;
    }
    const left = room();
    const near = left < Math.min(200, longest() / 5);
    $('count').textContent = !near ? '' : fill(left < 0 ? words.over : words.left, { n: Math.abs(left) });
    $('count').classList.toggle('over', left < 0);
    $('count').removeAttribute('role');
  }

  // Said aloud when sending is tried, not at every key.
  function sayTooLong() {
    $('count').setAttribute('role', 'alert');
    $('count').textContent = fill(words.over, { n: -room() });
  }

  field.addEventListener('input', () => { fit(); keep(); });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    trySubmit();
  });

  function expectAnswer(next) {
    pending = next;
    const kind = pending?.kind;
    $('files').accept = pending?.accept || '';
    field.inputMode = { number: 'decimal', contact: 'tel' }[kind] || 'text';
    const ask = { picture: words.choose_picture, document: words.choose_document }[kind];
    $('asked').replaceChildren(...(ask ? [make('label', { class: 'button', for: 'files' }, icon('attach'), ask)] : []));
    fit();
  }

  // --- Files --------------------------------------------------------------------------------------------------------

  const chosen = []; // {file, url, picture}

  async function shrink(file) {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 1048576 || pending?.kind === 'document') return file;
    try {
      const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
      const scale = Math.min(1, MOST_PIXELS / Math.max(image.width, image.height));
      const canvas = make('canvas', { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
      return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '.jpg'), { type: 'image/jpeg' }) : file;
    } catch {
      return file;
    }
  }

  async function choose(files) {
    notify('');
    for (const file of await Promise.all([...files].map(shrink))) {
      if (chosen.length >= settings.limits.files) notify(fill(words.too_many, { n: settings.limits.files }), null, true);
      else if (file.size > settings.limits.file) notify(fill(words.too_big, { name: `\u2068${file.name}\u2069`, limit: size(settings.limits.file) }), null, true);
      else chosen.push({ file, url: URL.createObjectURL(file), picture: file.type.startsWith('image/') });
    }
    showChosen();
    field.focus();
  }

  function showChosen() {
    $('chosen').replaceChildren(...chosen.map((each) => {
      const remove = make('button', { type: 'button', 'aria-label': fill(words.remove, { name: each.file.name }) }, icon('close'));
      remove.addEventListener('click', () => {
        chosen.splice(chosen.indexOf(each), 1);
        URL.revokeObjectURL(each.url);
        showChosen();
        field.focus();
      });
      return make('li', {}, each.picture ? make('img', { src: each.url, alt: '' }) : icon('file'), make('bdi', {}, each.file.name), make('span', { class: 'size', dir: 'ltr' }, size(each.file.size)), remove);
    }));
  }

  $('files').addEventListener('change', (event) => { choose([...event.target.files]); event.target.value = ''; });
  field.addEventListener('paste', (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    choose(event.clipboardData.files);
  });

  // --- Replies as they come -----------------------------------------------------------------------------------------

  let stream = null;
  let polling = 0;
  let pause = 5000;

  function listen() {
    clearTimeout(polling);
    stream?.close();
    if (!last) return; // before the first message there is nothing to wait for
    stream = new EventSource(`/chat/stream?after=${last}`);
    stream.addEventListener('open', () => { pause = 5000; });
    stream.addEventListener('line', (event) => receive({ lines: [JSON.parse(event.data)] }));
    stream.addEventListener('pending', (event) => expectAnswer(JSON.parse(event.data)));
    stream.addEventListener('error', () => { // while it is CONNECTING the browser tries by itself
      if (stream.readyState === EventSource.CLOSED) polling = setTimeout(poll, pause);
    });
  }

  // Where no stream can be held (an old proxy, too many pages open), ask now and then and try the stream again.
  async function poll() {
    pause = 15000;
    if (await catchUp()) listen();
    else polling = setTimeout(poll, pause);
  }

  async function catchUp() {
    try {
      const answer = await fetch(`/chat/lines?after=${last}`, { headers: { Accept: 'application/json' } });
      if ([401, 403, 410].includes(answer.status)) notify(words.closed, { label: words.reload, run: () => location.reload() }, true);
      if (answer.ok) receive(await answer.json());
      return answer.ok;
    } catch {
      return false;
    }
  }

  addEventListener('offline', () => notify(words.offline));
  addEventListener('online', async () => {
    notify(words.back);
    tries = 0;
    pump();
    if (await catchUp()) listen();
    setTimeout(() => { if ($('notice').textContent === words.back) notify(''); }, 3000);
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    unread = 0;
    document.title = title;
    catchUp();
  });
  addEventListener('pagehide', () => stream?.close()); // an open stream would keep the page out of the back-forward cache
  addEventListener('pageshow', (event) => { if (event.persisted) catchUp().then(listen); });

  // --- The page -----------------------------------------------------------------------------------------------------

  function closeMenu() {
    const open = $('menu').open;
    $('menu').open = false;
    return open;
  }

  document.addEventListener('click', (event) => { if (!event.target.closest('#menu')) closeMenu(); });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (closeMenu()) $('menu').firstElementChild.focus();
    else if (parent !== window) parent.postMessage('hiwar:close', '*'); // says nothing but "close", so any listener may have it
  });
  addEventListener('scroll', () => {
    following = atEnd();
    if (following) $('newer').hidden = true;
  }, { passive: true });
  $('newer').addEventListener('click', () => {
    $('newer').hidden = true;
    scroll(document.documentElement.scrollHeight);
    field.focus({ preventScroll: true });
  });
  $('forget').addEventListener('submit', () => { try { sessionStorage.clear(); } catch { /* nothing was kept then */ } });

  // What works without a script by other means is replaced by the better thing of the same size, so nothing moves.
  function improve() {
    for (const link of log.querySelectorAll('a[data-kind]')) {
      const press = make('button', { class: 'button', type: 'button', 'data-kind': link.dataset.kind });
      press.append(...link.childNodes);
      link.replaceWith(press);
    }
    const clip = make('button', { type: 'button', class: 'clip', title: words.attach, 'aria-label': words.attach }, icon('attach'));
    const files = $('files');
    clip.addEventListener('click', () => files.click());
    files.classList.add('unseen');
    files.tabIndex = -1;
    $('attach').replaceWith(clip, files);
  }

  function resume() {
    field.value = field.value || recall('hiwar.draft') || '';
    expectAnswer(pending);
    if (!location.hash) openAtReply();
    following = atEnd();
    const waiting = JSON.parse(recall('hiwar.waiting') || '[]');
    for (const item of waiting) send(item);
    if (!navigator.onLine) notify(words.offline);
    listen();
  }

  improve();
  resume();
})();
