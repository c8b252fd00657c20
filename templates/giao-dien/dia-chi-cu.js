// Old addresses. Where a host finds nothing at an address it gives 404.html, and for /?p=123 the home page: this
// script looks the address up in the site's table (danvan_site/addresses.py makes the same keys) and goes on to where
// the page is now. What was asked for only ever becomes a key; where it leads comes from the table alone.
(function () {
  'use strict';
  const place = document.getElementById('dia_chi_cu');
  if (!place || !place.dataset.old) return;
  const root = place.dataset.root, atHome = place.hidden;
  const [bits, sets] = JSON.parse(place.dataset.old);
  const INDEX = /^(?:index|default)\.(?:html?|aspx?|php|jsp)$/;
  const TRACKING = /^(?:utm_.*|fbclid|[gd]clid|twclid|ttclid|msclkid|yclid|[gw]braid|igshid|mc_[ce]id|zarsrc|_g[al])$/;
  const MOST = 6;

  function decoded(text) {
    return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
      try { return decodeURIComponent(run); } catch { return run; }
    });
  }

  const folded = (text) => text.normalize('NFC').toLowerCase().normalize('NFC');

  function pathKey(path) {
    const parts = folded(decoded(path).split('\\').join('/')).split('/').filter(Boolean);
    if (parts.length && INDEX.test(parts[parts.length - 1])) parts.pop();
    return '/' + parts.join('/');
  }

  function parameters(search) {
    return search.slice(1).split('&').map((part) => {
      const at = part.indexOf('='), end = at < 0 ? part.length : at;
      const [name, value] = [part.slice(0, end), part.slice(end + 1)].map((text) => decoded(text.split('+').join(' ')));
      return [folded(name), value.normalize('NFC')];
    }).filter(([name]) => name && !TRACKING.test(name));
  }

  function key(path, pairs) {
    return path + (pairs.length ? '?' + pairs.map((pair) => pair.join('=')).sort().join('&') : '');
  }

  // What may stand in the table: the address with all its parameters; with those alone that old addresses of this site
  // have; without any. The home page without them is the home page.
  function candidates() {
    const base = new URL(root || '.', location.href).pathname;
    const path = pathKey(location.pathname.startsWith(base) ? location.pathname.slice(base.length) : location.pathname);
    const pairs = parameters(location.search), names = pairs.map(([name]) => name);
    const known = sets.filter((set) => set.every((name) => names.includes(name)))
      .map((set) => pairs.filter(([name]) => set.includes(name)));
    const found = [pairs, ...known, []].filter((some) => some.length || !atHome).map((some) => key(path, some));
    return [...new Set(found)].slice(0, MOST);
  }

  function shard(text) {
    let sum = -1;
    new TextEncoder().encode(text).forEach((byte) => {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit += 1) sum = sum >>> 1 ^ (sum & 1 ? 0xedb88320 : 0);
    });
    return bits ? (~sum >>> 0) >>> 32 - bits : 0;
  }

  const kept = new Map();
  window.danvanOldAddresses = { add: (name, entries) => kept.set(name, new Map(entries)) };

  function load(name) {
    if (kept.has(name)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = root + 'dia-chi-cu/' + name + '.js';
      script.onload = resolve;
      script.onerror = reject;
      document.head.appendChild(script);
    });
  }

  async function target() {
    for (const each of candidates()) {
      const name = shard(each).toString(16);
      await load(name);
      const found = kept.get(name)?.get(each);
      if (found !== undefined) return found;
    }
    return null;
  }

  target().then((found) => {
    if (found === null) return;
    const link = document.createElement('a');
    link.href = root + found;
    link.textContent = found;
    place.append(place.dataset.moved, ' ', link);
    place.hidden = false;
    location.replace(link.href);
  }, () => {});
}());
