// The search page: asks window.danvanSearch (search.js) and shows what it answers. What is searched
// for stands in the address, so that links, Back and Forward lead to the same results.
(function () {
  'use strict';
  const $ = (id) => document.getElementById(id);
  const [data, form, box, count, results] = ['search-data', 'search-form', 'q', 'count', 'results'].map($);
  if (!data) return;

  const PAGE = 10; // results at a time
  const FACETS = 10; // values of a group at first, and at a click: thousands would freeze a phone
  const MORE_FACETS = 500;
  const PAUSE = 250; // ms from the last key to the search
  const REST = 1000; // ms from what was found while typing to saying it and fetching texts
  const SLOW = 400; // ms after which a search shows that it goes on

  const nearby = $('near').querySelector('ol');
  const filters = $('filters');
  const chips = $('chips');
  const words = $('search-words').dataset;
  const root = data.dataset.root;
  const groups = Array.from(filters.querySelectorAll('[data-facet]'));
  const dates = [$('from'), $('to')];
  const title = document.title;
  const wide = matchMedia('(min-width: 60rem)');
  // Texts around the matches come from the published pages; on a disk nothing can be fetched.
  const snippets = location.protocol !== 'file:' && 'IntersectionObserver' in window &&
    !(navigator.connection && navigator.connection.saveData);

  let wanted; // what the controls say: text, filters, sort
  let asked; // what the results answer
  let here; // what the address says
  let turn = 0; // an answer to an earlier turn is dropped
  const timers = {};
  const pages = new Map();
  let observer = null;

  function later(name, ms, action) {
    clearTimeout(timers[name]);
    if (action) timers[name] = setTimeout(action, ms);
  }

  // Ask the engine; *then* gets the answer unless another search has begun.
  function ask(name, args, then, failed) {
    const mine = turn;
    Promise.resolve().then(() => window.danvanSearch[name](...args)).then((answer) => {
      if (mine === turn) then(answer);
    }).catch((error) => {
      console.warn(error);
      if (mine === turn) failed();
    });
  }

  function make(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  const number = (value) => value.toLocaleString(document.documentElement.lang);
  const fill = (text, value) => text.replace('{count}', number(value));
  const dayOf = (date) => date.slice(0, 10).split('-').reverse().join('/');
  const bare = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '')
    .replace(/\u0111/g, 'd').replace(/\u0110/g, 'D');

  // What is wanted, and the address.

  const valuesOf = (name) => wanted.filters[name] || [];
  const isAsked = () => wanted.text.trim() || Object.keys(wanted.filters).length;

  function setFilter(name, value) {
    wanted.filters = Object.assign({}, wanted.filters, { [name]: value });
    if (!value.length) delete wanted.filters[name];
  }

  function address(text) {
    const query = new URLSearchParams();
    if (text.trim()) query.set('q', text.trim());
    groups.concat(dates).forEach((each) => {
      [].concat(valuesOf(each.dataset.facet || each.id)).forEach((value) => query.append(each.dataset.key, value));
    });
    if (wanted.sort) query.set('xep', wanted.sort);
    return location.pathname + (String(query) && '?' + query);
  }

  function fromAddress() {
    const query = new URLSearchParams(location.search);
    const all = (each) => query.getAll(each.dataset.key).filter(Boolean);
    wanted = { text: query.get('q') || '', filters: {} };
    groups.forEach((each) => {
      const isYear = each.dataset.facet === 'year';
      setFilter(each.dataset.facet, isYear ? all(each).map(Number).filter(Boolean) : all(each));
    });
    dates.forEach((each) => {
      each.value = all(each)[0] || '';
      setFilter(each.id, each.value);
    });
    box.value = wanted.text;
    sort.value = query.get('xep') || '';
    if (sort.selectedIndex < 0) sort.value = '';
    wanted.sort = sort.value;
    here = address(wanted.text);
    const left = history.state || {};
    run(left.prefix, left.shown);
  }

  // Make what is wanted a step of the history. On a disk some browsers refuse.
  function keep(state) {
    const next = address(wanted.text);
    try {
      history[next === here ? 'replaceState' : 'pushState'](state, '', next);
    } catch (refused) { /* The results stand all the same. */ }
    here = next;
  }

  function search() {
    keep(null);
    run();
  }

  // Asking and showing.

  function run(prefix, shown) {
    turn += 1;
    ['typing', 'slow', 'say', 'watch'].forEach((each) => later(each));
    $('said').textContent = '';
    asked = {
      text: wanted.text, filters: wanted.filters, prefix: Boolean(prefix),
      sort: sort.selectedOptions[0].dataset.sort || 'relevance',
    };
    document.title = (asked.text && asked.text + ' \u2013 ') + title;
    showChips();
    $('found').hidden = !isAsked();
    if (!isAsked()) {
      results.textContent = '';
      delete count.dataset.total;
      results.dataset.state = 'done';
      showFacets();
      return;
    }
    results.dataset.state = 'busy';
    later('slow', SLOW, () => say(count.dataset.busy));
    const portion = { offset: 0, limit: shown || PAGE };
    const mine = turn;
    // The first results can stand before the total is known; nothing of them moves then.
    portion.first = (found) => {
      if (mine !== turn) return;
      list(results, found, asked.text);
      results.dataset.state = 'first';
    };
    ask('query', [asked.text, Object.assign(portion, asked)], show, () => show({ total: 0, results: [] }, true));
  }

  // While typing, only what stands for a while is said.
  function say(text, more) {
    count.textContent = text;
    later('say', asked.prefix ? REST : 50, () => { $('said').textContent = text + ' ' + (more || ''); });
  }

  function show(found, failed) {
    const near = found.near || { total: 0, results: [] };
    const total = found.total;
    const text = failed ? 'failed' : !total ? 'none' : found.exact ? 'some' : 'least';
    later('slow');
    count.dataset.total = total;
    if (failed || results.dataset.state !== 'first') list(results, found.results, asked.text);
    list(nearby, near.results, bare(asked.text));
    $('near').hidden = !near.total;
    $('near-note').textContent = fill($('near-note').dataset.text, near.total);
    $('near-all').hidden = near.total <= near.results.length;
    $('near-all').href = address(bare(asked.text));
    $('suggestion').hidden = !found.suggestion;
    $('suggested').textContent = found.suggestion || '';
    $('suggested').href = address(found.suggestion || '');
    $('advice').hidden = failed || total || near.total;
    $('advice-filters').hidden = !Object.keys(asked.filters).length;
    $('sorting').hidden = !total && !near.total;
    $('failure').hidden = !failed;
    $('more').hidden = results.children.length >= total;
    results.dataset.state = failed ? 'failed' : 'done';
    say(fill(count.dataset[text], total), near.total && $('near-note').textContent);
    if (failed) return;
    if (snippets) later('watch', asked.prefix ? REST : 0, watch);
    showFacets();
  }

  function more() {
    if (results.dataset.state !== 'done' && results.dataset.state !== 'failed') return;
    const offset = results.children.length;
    results.dataset.state = 'busy';
    ask('query', [asked.text, Object.assign({ offset, limit: PAGE }, asked)], (found) => {
      add(results, found.results, asked.text);
      if (snippets) watch();
      if (found.results.length) results.children[offset].querySelector('a').focus();
      $('more').hidden = !found.results.length || results.children.length >= found.total;
      $('failure').hidden = true;
      results.dataset.state = 'done';
    }, () => {
      $('failure').hidden = false;
      results.dataset.state = 'failed';
    });
  }

  function retry() {
    if (!window.danvanSearch) location.reload();
    else if (results.firstChild) more();
    else {
      count.focus();
      run(asked.prefix);
    }
  }

  function list(target, found, text) {
    target.textContent = '';
    add(target, found, text);
  }

  function add(target, found, text) {
    found.forEach((each) => {
      const link = make('a', { href: root + each.url });
      mark(link, each.title, text);
      const item = make('li', {},
        make('h3', { className: 'card-title' }, link),
        make('p', { className: 'meta' },
          make('time', { dateTime: each.date }, dayOf(each.date)),
          ...(each.unit ? [make('span', {}, each.unit)] : [])),
        ...(snippets ? [make('p', { className: 'snippet' })] : []));
      item.dataset.href = each.url;
      target.append(item);
    });
  }

  function mark(target, text, query) {
    let at = 0;
    window.danvanSearch.highlights(text, query).forEach(([start, end]) => {
      target.append(text.slice(at, start), make('mark', {}, text.slice(start, end)));
      at = end;
    });
    target.append(text.slice(at));
  }

  // Texts around the matches, for the results in view.

  function watch() {
    if (observer) observer.disconnect();
    observer = new IntersectionObserver((entries) => entries.forEach((each) => {
      if (!each.isIntersecting) return;
      observer.unobserve(each.target);
      quote(each.target.lastChild, each.target.dataset.href,
        nearby.contains(each.target) ? bare(asked.text) : asked.text);
    }), { rootMargin: '200px' });
    document.querySelectorAll('.found .snippet:empty').forEach((each) => observer.observe(each.parentNode));
  }

  function pageOf(url) {
    if (!pages.has(url)) {
      pages.set(url, fetch(root + url).then((answer) => (answer.ok ? answer.text() : '')).then((source) => {
        const page = new DOMParser().parseFromString(source, 'text/html');
        page.querySelectorAll('p, li, td, th, h2, h3, h4, pre, figcaption, br').forEach((each) => each.after(' '));
        const parts = Array.from(page.querySelectorAll('.lead, .prose, .article-figure figcaption'));
        const text = parts.map((each) => each.textContent).join(' ').replace(/\s+/g, ' ').trim();
        return { text, lang: (page.querySelector('.prose') || page.body).lang };
      }));
      pages.get(url).catch(() => pages.delete(url));
    }
    return pages.get(url);
  }

  function quote(target, url, query) {
    pageOf(url).then(({ text, lang }) => {
      target.textContent = '';
      target.lang = lang;
      // About as many letters as three lines hold.
      const size = Math.min(240, Math.floor(target.clientWidth / 3));
      mark(target, excerpt(text, window.danvanSearch.highlights(text, query), size), query);
    }).catch(() => { /* The result does without. */ });
  }

  // The part of a text with most of the words, close together, cut between words.
  function excerpt(text, ranges, size) {
    let [best, start, end] = [0, 0, 0];
    ranges.forEach(([from], at) => {
      const seen = new Set();
      let [score, last] = [0, -9];
      ranges.slice(at, at + 20).forEach(([next, to]) => {
        if (to - from > size) return;
        const word = text.slice(next, to).toLowerCase();
        score += (seen.has(word) ? 0 : 4) + (next - last < 3 ? 2 : 0);
        seen.add(word);
        last = to;
      });
      if (score > best) [best, start, end] = [score, from, last];
    });
    // Begin with the sentence where that leaves room, else a little before the words.
    const room = Math.max(0, size - (end - start));
    const sentence = text.slice(0, start).search(/[^.!?\u2026]*$/);
    start = start - sentence < room * 0.7 ? sentence : start - Math.floor(room / 3);
    start = Math.max(0, Math.min(start, text.length - size));
    if (start) start = text.indexOf(' ', start - 1) + 1;
    end = text.length - start > size ? text.lastIndexOf(' ', start + size) : text.length;
    return (start ? '\u2026 ' : '') + text.slice(start, end).trim() + (end < text.length ? ' \u2026' : '');
  }

  // Filters.

  function showChips() {
    const chip = (className, drop, ...label) => {
      const at = chips.children.length;
      const onclick = () => {
        drop();
        dates.forEach((each) => { each.value = wanted.filters[each.id] || ''; });
        search();
        // The focus goes to the chip that has taken the place.
        (chips.querySelectorAll('button')[at] || (isAsked() ? count : box)).focus();
      };
      chips.append(make('li', {}, make('button', { type: 'button', className, onclick }, ...label)));
    };
    const without = () => make('span', { className: 'visually-hidden' }, words.without + ' ');
    chips.textContent = '';
    groups.forEach((group) => valuesOf(group.dataset.facet).forEach((each, at, all) => {
      const drop = () => setFilter(group.dataset.facet, all.filter((other) => other !== each));
      chip('button', drop, without(), group.firstElementChild.textContent + ': ' + each);
    }));
    dates.filter((each) => wanted.filters[each.id]).forEach((each) => {
      const label = each.labels[0].textContent + ' ' + dayOf(wanted.filters[each.id]);
      chip('button', () => setFilter(each.id, ''), without(), label);
    });
    chips.hidden = !chips.firstChild;
    if (!chips.hidden) chip('button clear', () => { wanted.filters = {}; }, words.clear);
  }

  function showFacets() {
    if (filters.open) groups.forEach((each) => { if (each.open || each.hidden) showFacet(each); });
  }

  function showFacet(group) {
    const name = group.dataset.facet;
    const note = group.querySelector('p');
    if (group.turn === turn) return;
    group.turn = turn;
    if (!group.found) note.textContent = count.dataset.busy;
    note.hidden = Boolean(group.found);
    ask('facets', [asked.text, asked, name], (found) => {
      const lost = valuesOf(name).filter((value) => !found.some((each) => each.value === value));
      group.found = found.concat(lost.map((value) => ({ value, count: 0 })));
      if (name === 'year') group.found.sort((one, other) => other.value - one.value);
      note.textContent = words.empty;
      note.hidden = Boolean(group.found.length);
      // A group without values is hidden, but not from under the reader who has just opened it.
      group.hidden = !group.found.length && !group.contains(document.activeElement);
      showChoices(group);
    }, () => {
      group.turn = group.found = null;
      note.textContent = words.lost;
      note.hidden = false;
      showChoices(group);
    });
  }

  // Boxes that stand already stay, and with them the focus.
  function showChoices(group) {
    const name = group.dataset.facet;
    const found = group.found || [];
    const target = group.querySelector('ul');
    const active = document.activeElement;
    const old = {};
    target.querySelectorAll('input').forEach((each) => { old[each.value] = each; });
    const shown = found.filter((each, at) => at < (group.room || FACETS) || valuesOf(name).includes(each.value));
    shown.forEach((each, at) => {
      const input = old[each.value] || choice(name, each.value);
      const item = input.closest('li');
      input.checked = valuesOf(name).includes(each.value);
      item.querySelector('.count').textContent = number(each.count);
      if (target.children[at] !== item) target.insertBefore(item, target.children[at] || null);
    });
    while (target.children.length > shown.length) target.lastChild.remove();
    if (!active.isConnected) group.firstElementChild.focus();
    else if (target.contains(active)) active.focus();
    group.querySelector('button').hidden = shown.length >= found.length;
  }

  function choice(name, value) {
    const input = make('input', {
      type: 'checkbox', value, onchange: () => {
        const others = valuesOf(name).filter((each) => each !== value);
        setFilter(name, input.checked ? others.concat([value]) : others);
        search();
      },
    });
    make('li', {}, make('label', {}, input, make('span', {}, value), make('span', { className: 'count' })));
    return input;
  }

  // What readers do.

  box.oninput = () => {
    wanted.text = box.value;
    turn += 1;
    results.dataset.state = 'busy';
    later('typing', PAUSE, () => run(true));
  };

  form.onsubmit = (event) => {
    event.preventDefault();
    wanted.text = box.value;
    search();
    // A keyboard on the screen would hide the results.
    if (isAsked() && matchMedia('(hover: none) and (pointer: coarse)').matches) count.focus();
  };

  const sort = $('sort');
  sort.onchange = () => {
    wanted.sort = sort.value;
    search();
  };

  groups.forEach((group) => {
    group.ontoggle = () => { if (group.open && filters.open) showFacet(group); };
    group.querySelector('button').onclick = () => {
      const shown = group.querySelectorAll('li').length;
      group.room = (group.room || FACETS) + MORE_FACETS;
      showChoices(group);
      group.querySelectorAll('input')[shown].focus();
    };
  });

  dates.forEach((each) => {
    Object.assign(each, { type: 'date', min: '1900-01-01', max: '2200-12-31' });
    const apply = () => {
      later('date');
      // With these limits a year is valid once all its digits stand.
      if (!each.validity.valid || each.value === String(valuesOf(each.id))) return;
      setFilter(each.id, each.value);
      search();
    };
    each.onchange = () => later('date', REST, apply);
    each.onblur = apply;
  });

  $('more').onclick = more;
  $('failure').querySelector('button').onclick = retry;
  $('filters-done').onclick = () => {
    filters.open = wide.matches;
    (isAsked() ? count : box).focus();
  };
  filters.ontoggle = showFacets;

  $('found').addEventListener('click', (event) => {
    const link = event.target.closest('a');
    // Who comes back from a bulletin finds what was there, typed words too.
    if (link && link.closest('li')) keep({ shown: results.children.length, prefix: asked.prefix });
    else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      wanted.text = box.value = link === $('suggested') ? link.textContent : bare(asked.text);
      count.focus();
      search();
    }
  });

  window.addEventListener('popstate', () => {
    if (location.pathname + location.search !== here) fromAddress();
  });

  const fit = () => { filters.open = wide.matches; };
  if (wide.addListener) wide.addListener(fit);
  fit();
  $('search-body').hidden = false;
  fromAddress();
}());
