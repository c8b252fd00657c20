// Search in the browser: the analysis of Vietnamese text (the same as the program's), and the
// query over the plain lunr index, which is fetched as a classic script when first needed, so
// that it works from a disk and under the strict policy too. Letters are written as escapes:
// a page that forgets its encoding must not change what they mean.
(function () {
  'use strict';

  var TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;
  var MARKS = /[\u0300-\u036f]/g;
  var INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;
  var SPACES = /[\u00a0\u2007\u202f]/g;
  var CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
  var UNKNOWN = new RegExp('[^\\x00-\\u052f\\u0e00-\\u0eff\\u1100-\\u11ff\\u1780-\\u17ff\\u1e00-\\u1eff' +
    '\\u2000-\\u206f\\u2212\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3\\ufeff]', 'g');
  var DASHES = /[\u2010-\u2015\u2212]/g;
  var LETTERS = '0-9a-z\\u00aa\\u00b5\\u00ba\\u00df-\\u00f6\\u00f8-\\u024f\\u0370-\\u0373\\u0376' +
    '\\u0377\\u037b-\\u037d\\u0386\\u0388-\\u03ff\\u0400-\\u0481\\u048a-\\u052f\\u0e01-\\u0e3a' +
    '\\u0e40-\\u0e4e\\u0e81-\\u0edf\\u1780-\\u17d3\\u1e00-\\u1eff\\u3041-\\u3096\\u30a1-\\u30fa' +
    '\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3';
  var WORD = '[' + LETTERS + '][' + LETTERS + '\\u0300-\\u036f]*';
  var TOKEN = new RegExp(WORD + '(?:[-./]' + WORD + ')*', 'g');
  var PIECE = new RegExp(WORD, 'g');
  var LOOK_ALIKES = {
    '\u00d0': '\u0110', '\u0189': '\u0110', '\u00f0': '\u0111', '\u0256': '\u0111',
    '\u01ce': '\u0103', '\u01cd': '\u0102'
  };
  var SHOWN = 20;

  // Analysis. Each function has its namesake in danvan_site/vietnamese.py or search/analysis.py.

  function repair(text) {
    return text.normalize('NFC').replace(CONTROLS, '').replace(INVISIBLE, '').replace(SPACES, ' ')
      .replace(/[\u00d0\u0189\u00f0\u0256\u01cd\u01ce]/g, function (letter) {
        return LOOK_ALIKES[letter];
      });
  }

  function toneKey(word) {
    var decomposed = repair(word).toLowerCase().normalize('NFD');
    var tones = (decomposed.match(TONES) || []).join('');
    return decomposed.replace(TONES, '').normalize('NFC') + tones;
  }

  function fold(word) {
    return repair(word).toLowerCase().replace(/\u0111/g, 'd').normalize('NFD').replace(MARKS, '');
  }

  function termsOf(word) { return ['=' + toneKey(word), fold(word)]; }

  function tokens(text) {
    var plain = repair(text.replace(UNKNOWN, ' ')).toLowerCase().replace(/\u03c2/g, '\u03c3').replace(DASHES, '-');
    var found = [];
    (plain.match(TOKEN) || []).forEach(function (token) {
      var pieces = token.match(PIECE);
      if (pieces.length === 1) found.push(pieces);
      else if (/^[0-9]{1,3}(?:\.[0-9]{3})+$/.test(token)) found.push([token.replace(/\./g, '')]);
      else if (/^[0-9]+(?:[-./][0-9]+)+$/.test(token)) found.push([pieces.join('/')].concat(pieces));
      else if (/[0-9]/.test(token)) {
        found.push(pieces.map(function (piece) { return piece === 't\u01b0' ? 'tw' : piece; }));
      } else pieces.forEach(function (piece) { found.push([piece]); });
    });
    return found;
  }

  // The words that a query asks for: a date as a whole, all else in its pieces.
  function words(text) {
    return tokens(text).reduce(function (all, token) {
      return all.concat(token[0].indexOf('/') > 0 ? token.slice(0, 1) : token);
    }, []);
  }

  function hasMarks(text) {
    var plain = repair(text.replace(UNKNOWN, ' ')).toLowerCase();
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
    var asked = words(text).map(key);
    if (!asked.length) return [];
    var sets = asked.map(this.documentsOf, this);
    var common = Array.from(sets[0]).filter(function (ref) {
      return sets.every(function (set) { return set.has(ref); });
    });
    var pairs = asked.slice(1).map(function (word, at) { return asked[at] + '_' + word; });
    var ranked = common.map(function (ref) {
      var score = asked.concat(pairs).reduce(function (sum, term) {
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
    words: words,
    termsOf: termsOf
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
    if (!words(text).length) {
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
