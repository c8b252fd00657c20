// The script of all pages. It is not deferred, so that what the reader chose is there before the page is shown:
// size of text (data-size of the root element) and colours (data-colours). data-scripts tells the style sheet that
// what needs scripts can be shown.
(function () {
  'use strict';
  var LARGEST = 3;
  var root = document.documentElement;

  // A browser may refuse to keep anything; then a choice is for one page.
  function kept(name) {
    try {
      return window.localStorage.getItem('danvan-' + name) || '';
    } catch (error) {
      return '';
    }
  }

  function choose(name, value) {
    if (value) root.setAttribute('data-' + name, value);
    else root.removeAttribute('data-' + name);
    try {
      if (value) window.localStorage.setItem('danvan-' + name, value);
      else window.localStorage.removeItem('danvan-' + name);
    } catch (error) {
      return;
    }
  }

  // What needs scripts is there from the first moment, so that nothing moves when it would come.
  root.setAttribute('data-scripts', '');
  ['size', 'colours'].forEach(function (name) {
    if (kept(name)) root.setAttribute('data-' + name, kept(name));
  });

  document.addEventListener('DOMContentLoaded', function () {
    var controls = document.getElementById('hien_thi');
    if (!controls) return;
    var colours = controls.querySelector('select');
    colours.value = root.getAttribute('data-colours') || '';
    colours.addEventListener('change', function () {
      choose('colours', colours.value);
    });
    controls.addEventListener('click', function (event) {
      var button = event.target.closest('button');
      if (!button) return;
      var step = Number(button.value);
      var size = step ? Number(root.getAttribute('data-size')) + step : 0;
      size = Math.max(-1, Math.min(LARGEST, size));
      choose('size', size ? String(size) : '');
    });
  });
}());

// "Bản in" opens the print dialogue at once. Without scripts the same link shows the print view (see :target in
// theme.css). Some in-app browsers cannot print.
document.addEventListener('DOMContentLoaded', function () {
  'use strict';
  var link = document.querySelector('[data-print]');
  if (!link || typeof window.print !== 'function') return;
  link.addEventListener('click', function (event) {
    event.preventDefault();
    window.print();
  });
});

// An old address: the page for missing ones looks it up, and the home page where parameters were asked for.
document.addEventListener('DOMContentLoaded', function () {
  'use strict';
  var place = document.getElementById('dia_chi_cu');
  if (!place || place.hidden && !location.search) return;
  var script = document.createElement('script');
  script.src = place.dataset.root + 'giao-dien/dia-chi-cu.js';
  document.head.appendChild(script);
});

// A bulletin's tools: copying its address, sharing it, taking its citation along. They are hidden in
// the page, and shown where the browser can do them.
document.addEventListener('DOMContentLoaded', function () {
  'use strict';
  var tools = document.querySelector('.tools'), said = document.querySelector('.said');
  if (!said) return;
  var canonical = document.querySelector('link[rel=canonical]');
  var address = canonical ? canonical.href : location.href.split('#')[0];

  function offer(name, act) {
    var button = tools.querySelector('[data-tool=' + name + ']');
    if (!button) return;
    button.parentNode.hidden = false;
    button.addEventListener('click', act);
  }

  // The old way, for pages from a disk or without encryption: there is no other clipboard for them.
  function copyByCommand(text) {
    var box = document.createElement('textarea'), before = document.activeElement;
    box.className = 'visually-hidden';
    box.value = text;
    said.parentNode.appendChild(box);
    box.select();
    var done = document.execCommand('copy');
    box.remove();
    before.focus({ preventScroll: true });
    return done;
  }

  function copy(text) {
    var words = said.dataset.words.split('|');
    function tell(done) { said.textContent = done ? words[0] : words[1] + ' ' + text; }
    // Emptied first, so that the same words are read out again.
    said.textContent = '';
    function byCommand() { return copyByCommand(text); }
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(function () { return true; }, byCommand).then(tell);
    else setTimeout(function () { tell(byCommand()); });
  }

  offer('copy', function () { copy(address); });
  if (navigator.share) {
    offer('share', function () {
      navigator.share({ title: document.querySelector('h1').textContent, url: address }).catch(function () {});
    });
  }

  // Citations, made of what the page says for machines.
  var cite = document.querySelector('.cite'), source = document.querySelector('script[type="application/ld+json"]');
  if (!cite || !source) return;
  var entry = JSON.parse(source.textContent), site = document.querySelector('meta[property="og:site_name"]').content;
  var date = entry.datePublished.slice(0, 10).split('-'), month = Number(date[1]);
  var authors = (entry.author || []).map(function (author) { return author.name; });
  var publisher = entry.publisher.name;
  var url = entry.url || (location.protocol === 'file:' ? '' : address);

  function plain(text) {
    return text.normalize('NFD').toLowerCase().replace(/đ/g, 'd').replace(/[^a-z0-9]/g, '');
  }

  // The first name, the year, the first word: khanhvy2020gap.
  var key = plain(authors[0] || publisher) + date[0] +
    (entry.headline.split(/\s+/).map(plain).filter(Boolean)[0] || '');

  function tex(text) {
    return text.replace(/[\\~^{}&%$#_]/g, function (sign) {
      var names = { '\\': 'backslash', '~': 'asciitilde', '^': 'asciicircum', '{': 'braceleft', '}': 'braceright' };
      return names[sign] ? '\\text' + names[sign] + '{}' : '\\' + sign;
    });
  }

  // Names are kept whole: which part of one is the family's, no program can tell.
  function whole(text) { return '{' + tex(text) + '}'; }

  function bibtex() {
    var fields = [
      ['author', authors.map(whole).join(' and ')],
      ['title', whole(entry.headline)],
      ['year', date[0]],
      ['month', month ? String(month) : ''],
      ['date', date.join('-')],
      ['howpublished', tex(site)],
      ['publisher', whole(publisher)],
      ['language', entry.inLanguage],
      ['url', url]
    ];
    return '@misc{' + key + ',\n' + fields.filter(function (field) { return field[1]; }).map(function (field) {
      return '  ' + field[0] + ' = {' + field[1] + '}';
    }).join(',\n') + '\n}\n';
  }

  function ris() {
    var lines = [['TY', 'ELEC'], ['ID', key]].concat(authors.map(function (name) { return ['AU', name]; }), [
      ['TI', entry.headline],
      ['T2', site],
      ['PB', publisher],
      ['PY', date[0]],
      ['DA', date.concat('', '').slice(0, 3).join('/') + '/'],
      ['LA', entry.inLanguage],
      ['UR', url],
      ['ER', '']
    ]);
    return lines.filter(function (line) { return line[1] || line[0] === 'ER'; }).map(function (line) {
      return line[0] + '  - ' + line[1] + '\r\n';
    }).join('');
  }

  function csl() {
    return JSON.stringify([{
      id: key,
      type: 'webpage',
      title: entry.headline,
      author: authors.length ? authors.map(function (name) { return { literal: name }; }) : undefined,
      issued: { 'date-parts': [date.map(Number)] },
      'container-title': site,
      publisher: publisher,
      language: entry.inLanguage,
      URL: url || undefined
    }], null, 2) + '\n';
  }

  function download(make, ending, type) {
    var link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([make()], { type: type }));
    link.download = location.pathname.split('/').pop().replace('.html', ending);
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 9000);
  }

  function row(label, make, ending, type) {
    var line = document.createElement('p');
    line.className = 'cite-as';
    line.textContent = label;
    [[words[0], function () { copy(make()); }], [words[1], function () { download(make, ending, type); }]]
      .slice(0, ending ? 2 : 1).forEach(function (way) {
        var button = document.createElement('button');
        button.className = 'button';
        button.textContent = way[0];
        button.setAttribute('aria-label', way[0] + ' ' + label);
        button.addEventListener('click', way[1]);
        line.appendChild(button);
      });
    cite.appendChild(line);
  }

  var words = cite.dataset.words.split('|');
  row(words[2], function () { return cite.querySelector('p').textContent; });
  row('BibTeX', bibtex, '.bib', 'application/x-bibtex');
  row('RIS', ris, '.ris', 'application/x-research-info-systems');
  row('CSL-JSON', csl, '.json', 'application/vnd.citationstyles.csl+json');
});

// "Nghe bài": the browser's own voice reads the bulletin, where it has one for its language.
document.addEventListener('DOMContentLoaded', function () {
  'use strict';
  var speech = window.speechSynthesis, prose = document.querySelector('.prose');
  var play = document.querySelector('[data-tool=listen]'), stop = document.querySelector('[data-tool=stop]');
  if (!speech || !prose || !play || !stop) return;
  var words = [play.textContent].concat(play.dataset.words.split('|'));
  var SILENT = 0, READING = 1, WAITING = 2;
  var state = SILENT, voice = null, parts = [], at = 0, current = null, marked = null;

  function tongue(code) { return code.toLowerCase().split(/[-_]/)[0]; }

  // Voices arrive when they like. One on this device comes before one that reads elsewhere.
  function look() {
    var own = tongue(prose.lang || document.documentElement.lang);
    var found = speech.getVoices().filter(function (each) { return tongue(each.lang) === own; });
    voice = found.filter(function (each) { return each.localService; })[0] || found[0];
    play.parentNode.hidden = !voice;
  }

  // Sentence by sentence, for some browsers fall silent in long texts; longer ones between words.
  var SENTENCE = /.{1,180}?(?:[.!?…]+["”’)]*(?=\s|$)|$)|.{1,180}(?=\s|$)|.{1,180}/g;

  function sentences() {
    var blocks = [], found = [];
    document.querySelectorAll('.article-head h1, .article > .lead, .prose').forEach(function (root) {
      var walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), node, last;
      while ((node = walker.nextNode())) {
        if (node.parentNode.closest('table, figure, pre, sup, .footnotes')) continue;
        var block = node.parentNode.closest('h1, h2, h3, h4, h5, h6, p, li, dt, dd') || root;
        last = blocks[blocks.length - 1];
        if (last && last.block === block) last.text += node.data;
        else blocks.push({ block: block, text: node.data });
      }
    });
    blocks.forEach(function (each) {
      var text = each.text.replace(/https?:\S+/g, '').replace(/\s+/g, ' ').trim();
      (text.match(SENTENCE) || []).forEach(function (part) {
        if (/[0-9A-Za-z\u00c0-\uffff]/.test(part)) found.push({ block: each.block, text: part.trim() });
      });
    });
    return found;
  }

  function mark(block) {
    if (marked) marked.classList.remove('being-read');
    if (block) block.classList.add('being-read');
    marked = block;
  }

  function turn(next) {
    if (next === SILENT && document.activeElement === stop) play.focus();
    state = next;
    play.textContent = words[state];
    stop.parentNode.hidden = state === SILENT;
    if (state === SILENT) mark(null);
  }

  function hush(next) {
    current = null;
    speech.cancel();
    turn(next);
  }

  function say() {
    if (at >= parts.length) { hush(SILENT); return; }
    var own = new SpeechSynthesisUtterance(parts[at].text);
    current = own;
    own.voice = voice;
    own.lang = voice.lang;
    own.onend = function () {
      if (own !== current) return;
      at += 1;
      say();
    };
    own.onerror = function () { if (own === current) hush(SILENT); };
    mark(parts[at].block);
    speech.speak(own);
  }

  // A pause is a stop that knows the sentence: pausing itself ends the speech on some telephones.
  play.addEventListener('click', function () {
    if (state === READING) { hush(WAITING); return; }
    if (state === SILENT) {
      parts = sentences();
      at = 0;
    }
    hush(READING);
    say();
  });
  stop.addEventListener('click', function () { hush(SILENT); });
  window.addEventListener('pagehide', function () { if (state !== SILENT) hush(SILENT); });
  look();
  speech.onvoiceschanged = look;
});

// Where the site is kept for reading offline, its worker does that (see sw.js).
window.addEventListener('load', function () {
  'use strict';
  var link = document.querySelector('link[data-offline]');
  if (!link || !/^http/.test(location.protocol) || !navigator.serviceWorker) return;
  navigator.serviceWorker.register(new URL('sw.js', link.href)).catch(function () {});
});
