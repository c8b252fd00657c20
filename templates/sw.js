{#- The worker of a site that is kept for reading offline (`offline: true` in site.yaml).
    Online it changes nothing: every answer is the network's. What goes by is kept, and given again where the
    network does not answer. It keeps what was read, nothing else but what the offline page needs. -#}
(function () {
  'use strict';

  const WORDS = {
    offline: {{ t('kept_offline', time='{time}', date='{date}') | tojson }},
    slow: {{ t('kept_slow', time='{time}', date='{date}') | tojson }},
    missing: {{ t('not_kept') | tojson }},
    list: {{ t('kept_pages') | tojson }},
    date: {{ t('kept_date', time='{time}', date='{date}') | tojson }}
  };
  const OFFLINE = {{ offline_page | tojson }};
  const SEARCH = {{ search_page | tojson }};
  const CORE = {{ core | tojson }};

  const scope = self.registration.scope;
  const top = new URL(scope).pathname;
  // How many of a kind are kept, and how many bytes of them; the oldest go first.
  const LIMITS = { pages: [200, 10e6], search: [1000, 20e6], files: [400, 40e6] };
  const LARGEST = 4e6;
  const PATIENCE = 4000;
  const MINUTE = 60000, DAY = 24 * 60 * MINUTE;
  const NOTED = 'x-danvan-';

  // Several sites may share an origin, and a site may lie in another's folder.
  function nameOf(kind) { return 'danvan:' + scope + ':' + kind; }

  function pathOf(address) { return new URL(address).pathname.slice(top.length); }

  function keyOf(address) {
    const url = new URL(address);
    url.hash = '';
    // The search's files are named with their version; elsewhere a query means nothing to a plain host.
    if (!pathOf(address).startsWith('tim-kiem/')) url.search = '';
    if (url.pathname.endsWith('/')) url.pathname += 'index.html';
    return url.href;
  }

  function kindOf(request) {
    const url = new URL(request.url), path = pathOf(request.url);
    if (request.method !== 'GET' || url.origin !== self.location.origin || !url.pathname.startsWith(top)) return '';
    if (request.headers.has('range') || request.cache === 'only-if-cached') return '';
    if (request.mode === 'navigate') return 'pages';
    if (CORE.includes(path)) return 'core';
    if (path.startsWith('tim-kiem/')) return 'search';
    if (path.startsWith('giao-dien/') || request.destination === 'image') return 'files';
    // The search quotes from pages: from kept ones too, but they do not count as read.
    return path.endsWith('.html') ? 'quotes' : '';
  }

  // Keeping

  async function put(kind, key, response, body, size, title) {
    const headers = new Headers(response.headers);
    ['content-encoding', 'content-length', 'vary'].forEach((name) => headers.delete(name));
    const notes = { key: key, at: Date.now(), size: size, title: encodeURIComponent(title) };
    Object.keys(notes).forEach((name) => headers.set(NOTED + name, notes[name]));
    const cache = await caches.open(nameOf(kind));
    await cache.put(key, new Response(body, { headers: headers }));
  }

  function note(response, name) { return response.headers.get(NOTED + name); }

  async function kept(kind, key) {
    const cache = await caches.open(nameOf(kind));
    return cache.match(key);
  }

  async function keep(kind, key, response) {
    if (kind === 'pages' && (response.status === 404 || response.status === 410)) {
      const cache = await caches.open(nameOf(kind));
      await cache.delete(key);
    }
    const rules = response.headers.get('cache-control') || '';
    if (response.status !== 200 || response.type !== 'basic' || response.redirected || /no-store/.test(rules)) return;
    if (kind === 'pages') await keepPage(key, response);
    else if (kind !== 'search' || await isCurrent(key)) {
      const body = await response.blob();
      if (body.size <= LARGEST) await put(kind, key, response, body, body.size, '');
    }
  }

  // Below this site there may be applications with pages that are nobody else's business: a page of ours
  // names our manifest.
  function isOurs(key, text) {
    const found = /<link rel="manifest" href="([^"]*)"/.exec(text);
    return Boolean(found) && new URL(found[1], key).href === scope + {{ manifest | tojson }};
  }

  async function keepPage(key, response) {
    if (!/^text\/html/.test(response.headers.get('content-type') || '')) return;
    const text = await response.text();
    if (!isOurs(key, text)) return;
    const title = /<meta property="og:title" content="([^"]*)"/.exec(text) || /<title>([^<]*)/.exec(text) || ['', ''];
    await put(pathOf(key) === OFFLINE ? 'core' : 'pages', key, response, text, text.length, title[1]);
    if (pathOf(key) === SEARCH) await renewSearch(text);
    await Promise.all(Object.keys(LIMITS).map(tidy));
    const page = await kept('core', scope + OFFLINE);
    if (!page || Date.now() - note(page, 'at') > DAY) await fetchCore();
  }

  async function tidy(kind) {
    const cache = await caches.open(nameOf(kind));
    const found = await cache.matchAll();
    found.sort((one, other) => note(other, 'at') - note(one, 'at'));
    let size = 0;
    await Promise.all(found.map((each, number) => {
      size += Number(note(each, 'size'));
      return number >= LIMITS[kind][0] || size > LIMITS[kind][1] ? cache.delete(note(each, 'key')) : null;
    }));
  }

  async function fetchCore() {
    await Promise.all(CORE.map(async (path) => {
      const response = await fetch(scope + path, { cache: 'no-cache' });
      if (!response.ok) throw new Error(path);
      const body = await response.blob();
      await put('core', scope + path, response, body, body.size, '');
    }));
  }

  // The search's files are kept for the version that the search page names as it is now: another one's
  // are dropped, and a page that was opened before a publication keeps nothing.

  let search = { at: 0, text: Promise.resolve('') };

  async function renewSearch(text) {
    search = { at: Date.now(), text: Promise.resolve(text) };
    const cache = await caches.open(nameOf('search'));
    const stale = (await cache.keys()).filter((each) => !text.includes(new URL(each.url).search.slice(1)));
    await Promise.all(stale.map((each) => cache.delete(each)));
  }

  async function searchPage() {
    const response = await fetch(scope + SEARCH, { cache: 'no-cache' });
    const text = response.clone().text();
    await keep('pages', scope + SEARCH, response);
    return text;
  }

  async function isCurrent(key) {
    if (Date.now() - search.at > MINUTE) search = { at: Date.now(), text: searchPage() };
    const version = new URL(key).search.slice(1);
    return version !== '' && (await search.text).includes(version);
  }

  // Answering

  function filled(words, at) {
    const time = new Date(Number(at));
    const two = (number) => String(number).padStart(2, '0');
    return words.replace('{time}', two(time.getHours()) + ':' + two(time.getMinutes()))
      .replace('{date}', [two(time.getDate()), two(time.getMonth() + 1), time.getFullYear()].join('/'));
  }

  function html(response, text, status) {
    const headers = new Headers(response.headers);
    headers.set('content-type', 'text/html; charset=utf-8');
    return new Response(text, { status: status, headers: headers });
  }

  function told(text, words) {
    return text.replace('<main', () => '<div class="notice kept" role="status"><p class="wrap">' + words + '</p></div>\n<main');
  }

  async function again(response, words) {
    const text = await response.text();
    const link = ' <a href="' + top + OFFLINE + '">' + WORDS.list + '</a>';
    return html(response, told(text, filled(words, note(response, 'at')) + link), 200);
  }

  function attribute(text) { return text.replace(/&(?!#?\w+;)/g, '&amp;').replace(/"/g, '&#34;').replace(/</g, '&lt;'); }

  // The page of what is kept; its addresses begin with ./ so that it can stand at any other's address.
  async function listed(response) {
    const cache = await caches.open(nameOf('pages'));
    const pages = await cache.matchAll();
    pages.sort((one, other) => note(other, 'at') - note(one, 'at'));
    const items = pages.map((each) => '<li><a href="' + attribute(note(each, 'key')) + '">' +
      attribute(decodeURIComponent(note(each, 'title'))) + '</a> <span class="meta">' +
      filled(WORDS.date, note(each, 'at')) + '</span></li>');
    let text = (await response.text()).split('="./').join('="' + top);
    if (items.length) {
      text = text.replace(/<p id="da_luu">[^<]*<\/p>/, () => '<ul id="da_luu" class="headlines">' + items.join('\n') + '</ul>');
    }
    return text;
  }

  async function instead() {
    const page = await kept('core', scope + OFFLINE);
    return page ? html(page, told(await listed(page), WORDS.missing), 503) : Response.error();
  }

  async function answer(kind, key, coming) {
    const cache = kind === 'quotes' ? 'pages' : kind;
    const copy = await kept(cache, key);
    let words = WORDS.offline;
    const late = new Promise((resolve) => {
      if (copy) setTimeout(() => { words = WORDS.slow; resolve(null); }, PATIENCE);
    });
    const response = await Promise.race([coming.catch(() => null), late]);
    if (response) return response;
    if (copy) return kind === 'pages' ? again(copy, words) : copy;
    return kind === 'pages' ? instead() : Response.error();
  }

  async function list(coming) {
    const response = await coming.catch(() => null) || await kept('core', scope + OFFLINE);
    return response && response.status === 200 ? html(response, await listed(response), 200) : response || Response.error();
  }

  self.addEventListener('fetch', (event) => {
    const kind = kindOf(event.request), key = keyOf(event.request.url);
    if (!kind) return;
    const coming = fetch(event.request);
    // The copy is taken before anybody else reads the answer.
    const copied = coming.then((response) => [response.clone()]);
    if (kind !== 'quotes') {
      event.waitUntil(copied.then((copies) => keep(kind, key, copies[0])).catch(() => {}));
    }
    event.respondWith(pathOf(key) === OFFLINE ? list(coming) : answer(kind, key, coming));
  });

  // Beginning: what is open at the first visit is being read. Pages and worker do not depend on each
  // other's versions, so a new worker takes over at once.

  self.addEventListener('install', (event) => {
    self.skipWaiting();
    event.waitUntil(fetchCore());
  });

  async function begin() {
    await self.clients.claim();
    const open = await self.clients.matchAll({ type: 'window' });
    await Promise.all(open.map(async (client) => {
      const key = keyOf(client.url);
      if (await kept('pages', key)) return;
      const response = await fetch(key);
      const text = await response.clone().text();
      await keep('pages', key, response);
      if (isOurs(key, text)) await keepPictures(key, text);
    }));
  }

  // Those pictures of a page that the browser has already shown: none is fetched for this.
  async function keepPictures(key, text) {
    const names = text.match(/[^\s"'=,]+\.(?:avif|gif|jpe?g|png|svg|webp)\b/gi) || [];
    const addresses = new Set(names.map((name) => keyOf(new URL(name, key))));
    await Promise.all(Array.from(addresses).map(async (address) => {
      if (!address.startsWith(scope) || CORE.includes(pathOf(address))) return;
      try {
        await keep('files', address, await fetch(address, { mode: 'same-origin', cache: 'only-if-cached' }));
      } catch (error) {
        // The browser has not shown it.
      }
    }));
  }

  self.addEventListener('activate', (event) => { event.waitUntil(begin().catch(() => {})); });
}());
