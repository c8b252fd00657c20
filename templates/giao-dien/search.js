// Search in the browser: the analysis of Vietnamese text (the same as the program's), and the
// query over the plain lunr index, which is fetched as a classic script when first needed, so
// that it works from a disk and under the strict policy too. Letters are written as escapes:
// a page that forgets its encoding must not change what they mean.
(function () {
  'use strict';

  var TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;
  var INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;
  var SPACES = /[\u00a0\u2007\u202f]/g;
  var TOKEN = /[\p{L}\p{N}]+(?:[-./\u2013][\p{L}\p{N}]+)*/gu;
  var PIECE = /[\p{L}\p{N}]+/gu;
  var LOOK_ALIKES = {
    '\u00d0': '\u0110', '\u0189': '\u0110', '\u00f0': '\u0111', '\u0256': '\u0111',
    '\u01ce': '\u0103', '\u01cd': '\u0102'
  };
  var SHOWN = 20;

  // Analysis. Each function has its namesake in danvan_site/vietnamese.py or search/analysis.py.

  function repair(text) {
    return text.normalize('NFC').replace(INVISIBLE, '').replace(SPACES, ' ')
      .replace(/[\u00d0\u0189\u00f0\u0256\u01cd\u01ce]/g, function (letter) { return LOOK_ALIKES[letter]; });
  }

  function toneKey(word) {
    var decomposed = repair(word).toLowerCase().normalize('NFD');
    var tones = (decomposed.match(TONES) || []).join('');
    return decomposed.replace(TONES, '').normalize('NFC') + tones;
  }

  function fold(word) {
    return repair(word).toLowerCase().replace(/\u0111/g, 'd').normalize('NFD').replace(/\p{M}/gu, '');
  }

  function tokens(text) {
    return (repair(text).toLowerCase().match(TOKEN) || []).reduce(function (all, token) {
      var pieces = token.match(PIECE);
      if (pieces.length === 1) return all.concat(token);
      if (/^\d{1,3}(?:\.\d{3})+$/.test(token)) return all.concat(token.replace(/\./g, ''));
      if (!/\d/.test(token)) return all.concat(pieces);
      return all.concat(pieces.map(function (p) { return p === 't\u01b0' ? 'tw' : p; }).join('-'));
    }, []);
  }

  function hasMarks(text) {
    var plain = repair(text).toLowerCase();
    return fold(plain) !== plain;
  }

  // The query.

  function Index(data) {
    this.documents = data.documents;
    this.terms = new Map(data.index.invertedIndex);
    this.vectors = new Map(data.index.fieldVectors);
    this.fields = data.index.fields;
  }

  Index.prototype.documentsOf = function (term) {
    var posting = this.terms.get(term);
    var found = new Set();
    if (posting) {
      this.fields.forEach(function (field) {
        Object.keys(posting[field] || {}).forEach(function (ref) { found.add(ref); });
      });
    }
    return found;
  };

  Index.prototype.score = function (ref, term) {
    var posting = this.terms.get(term);
    if (!posting) return 0;
    var vectors = this.vectors;
    return this.fields.reduce(function (sum, field) {
      if (!posting[field] || !(ref in posting[field])) return sum;
      var vector = vectors.get(field + '/' + ref);
      for (var at = 0; at < vector.length; at += 2) {
        if (vector[at] === posting._index) return sum + vector[at + 1];
      }
      return sum;
    }, 0);
  };

  // All words must occur; a query without any mark matches every spelling.
  Index.prototype.query = function (text) {
    var key = hasMarks(text) ? function (word) { return '=' + toneKey(word); } : fold;
    var words = tokens(text).map(key);
    if (!words.length) return [];
    var sets = words.map(this.documentsOf, this);
    var common = Array.from(sets[0]).filter(function (ref) {
      return sets.every(function (set) { return set.has(ref); });
    });
    var pairs = words.slice(1).map(function (word, at) { return words[at] + '_' + word; });
    var ranked = common.map(function (ref) {
      var score = words.concat(pairs).reduce(function (sum, term) {
        return sum + this.score(ref, term);
      }.bind(this), 0);
      return { ref: ref, score: score };
    }, this);
    // Of equal ones the newer first: documents are numbered from the oldest.
    ranked.sort(function (a, b) { return b.score - a.score || b.ref - a.ref; });
    return ranked.map(function (each) { return this.documents[each.ref]; }, this);
  };

  // The page.

  var count = document.getElementById('count');
  var results = document.getElementById('results');
  var form = document.getElementById('search-form');
  var box = document.getElementById('q');
  var index = null;
  var waiting = null;

  window.danvanSearch = {
    load: function (data) { index = new Index(data); },
    tokens: tokens,
    keys: function (word) { return ['=' + toneKey(word), fold(word)]; }
  };
  if (!count || !results || !form) return;

  function withIndex(then) {
    if (index) { then(); return; }
    waiting = then;
    if (document.getElementById('search-index')) return;
    var script = document.createElement('script');
    script.id = 'search-index';
    script.src = count.dataset.index;
    script.onload = function () { if (waiting) waiting(); };
    script.onerror = function () {
      script.remove();
      count.textContent = count.dataset.failed;
    };
    document.head.appendChild(script);
  }

  function element(name, text, className) {
    var made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function item(found) {
    var entry = document.createElement('li');
    var heading = document.createElement('h3');
    var link = element('a', found[1]);
    link.href = count.dataset.root + found[0];
    entry.dataset.href = found[0];
    heading.appendChild(link);
    entry.appendChild(heading);
    entry.appendChild(element('p', found[2] + (found[3] ? ' \u00b7 ' + found[3] : ''), 'meta'));
    if (found[4]) entry.appendChild(element('p', found[4]));
    return entry;
  }

  function show(found, number) {
    results.replaceChildren.apply(results, found.slice(0, number).map(item));
    count.textContent = found.length
      ? count.dataset.some.replace('{count}', String(found.length)) : count.dataset.none;
    count.dataset.total = String(found.length);
    results.dataset.state = 'done';
    if (found.length > number) {
      var more = element('button', count.dataset.more);
      more.type = 'button';
      more.addEventListener('click', function () {
        show(found, number + SHOWN);
        results.children[number].querySelector('a').focus();
      });
      var holder = document.createElement('li');
      holder.appendChild(more);
      results.appendChild(holder);
    }
  }

  function run(text) {
    if (!tokens(text).length) {
      results.replaceChildren();
      count.textContent = '';
      return;
    }
    results.dataset.state = 'busy';
    withIndex(function () { show(index.query(text), SHOWN); });
  }

  function fromAddress() {
    box.value = new URLSearchParams(location.search).get('q') || '';
    run(box.value);
  }

  form.addEventListener('submit', function (event) {
    event.preventDefault();
    history.pushState(null, '', '?q=' + encodeURIComponent(box.value));
    run(box.value);
  });
  window.addEventListener('popstate', fromAddress);
  fromAddress();
}());
