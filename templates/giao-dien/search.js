// Search in the browser: the analysis of Vietnamese text (the same as the program's) and queries
// over the index, whose files are classic scripts fetched when needed, so that all works from a
// disk and under a strict policy. Letters are written as escapes: a page that forgets its encoding
// must not change what they mean. The format is described in docs/search.md.
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
  var LETTERS = '0-9a-z\\u00aa\\u00b5\\u00ba\\u00df-\\u00f6\\u00f8-\\u02c1\\u02c6-\\u02d1\\u02e0-\\u02e4\\u02ec\\u02ee\\u0370-\\u0373\\u0376' +
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

  function rawTokens(text) {
    var plain = repair(text.replace(UNKNOWN, ' ')).toLowerCase().replace(/\u03c2/g, '\u03c3').replace(DASHES, '-');
    return plain.match(TOKEN) || [];
  }

  // The words of one token: those that stand for it as a whole, and its row.
  function split(token) {
    var pieces = token.match(PIECE);
    if (pieces.length === 1) return [[], [token]];
    if (/^[0-9]{1,3}(?:\.[0-9]{3})+$/.test(token)) return [[], [token.replace(/\./g, '')]];
    if (/^[0-9]+(?:[-./][0-9]+)+$/.test(token)) {
      var parts = pieces.length === 3 ? [pieces, pieces.slice(0, 2), pieces.slice(1)] : [pieces];
      return [parts.map(function (part) { return part.join('/'); }), pieces];
    }
    if (/[0-9]/.test(token)) pieces = pieces.map(function (piece) { return piece === 't\u01b0' ? 'tw' : piece; });
    return [[], pieces];
  }

  function tokens(text) { return rawTokens(text).map(split); }

  // The words that a query asks for: a date as a whole, all else in its pieces.
  function words(text) {
    return tokens(text).reduce(function (all, token) {
      return all.concat(token[0].length ? token[0].slice(0, 1) : token[1]);
    }, []);
  }

  function row(text) {
    return tokens(text).reduce(function (all, token) { return all.concat(token[1]); }, []);
  }

  function hasMarks(text) {
    var plain = repair(text.replace(UNKNOWN, ' ')).toLowerCase();
    return fold(plain) !== plain;
  }

  // Hashes: the namesakes of those in danvan_site/search/hashing.py.

  function textHash(text, seed, prime) {
    for (var at = 0; at < text.length; at += 1) seed = Math.imul(seed ^ text.charCodeAt(at), prime);
    return seed >>> 0;
  }

  function mix(first, second) {
    var value = (Math.imul(first, 0x9e3779b1) + Math.imul(second, 0x85ebca77)) | 0;
    value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    return (value ^ (value >>> 16)) >>> 0;
  }

  // A term: what tells the chunk (place), the list in it (key), and its spelling and check.
  function Word(word) {
    var terms = termsOf(word);
    this.word = word;
    this.accented = textHash(terms[0], 0x9747b28c, 0x5bd1e995);
    this.folded = textHash(terms[1], 0x9747b28c, 0x5bd1e995);
    this.place = textHash(terms[1], 0x811c9dc5, 0x01000193);
  }

  function listName(first, second) {
    var accented = mix(first.accented, second ? second.accented : 0);
    return {
      place: mix(first.place, second ? second.place : 0),
      key: mix(first.folded, second ? second.folded : 0) >>> 8,
      spelling: accented >>> 20,
      check: accented & 0x1ffff
    };
  }

  // Bits, fifteen in each character.

  var HIGH = new Int32Array(256).fill(-1);
  [[1, 9], [11, 12], [14, 31], [33, 51], [160, 215], [224, 248], [251, 251]].reduce(function (number, range) {
    for (var high = range[0]; high <= range[1]; high += 1) HIGH[high] = 254 * number++;
    return number;
  }, 0);

  function Bits(text) {
    this.words = new Uint32Array(((text.length * 15) >>> 5) + 3);
    this.at = 0;
    this.length = text.length * 15;
    for (var index = 0, bit = 0; index < text.length; index += 1, bit += 15) {
      var unit = text.charCodeAt(index), low = unit & 255, high = HIGH[unit >>> 8];
      if (high < 0 || low === 10 || low === 13) throw damaged();
      var value = high + low - (low > 10) - (low > 13), shift = 17 - (bit & 31), word = bit >>> 5;
      if (shift >= 0) this.words[word] |= value << shift;
      else {
        this.words[word] |= value >>> -shift;
        this.words[word + 1] = value << (32 + shift);
      }
    }
  }

  Bits.prototype.peek = function () {
    var word = this.at >>> 5, shift = this.at & 31;
    if (this.at > this.length) throw damaged();
    return shift ? ((this.words[word] << shift) | (this.words[word + 1] >>> (32 - shift))) >>> 0 : this.words[word];
  };

  Bits.prototype.read = function (count) {
    if (!count) return 0;
    var value = this.peek() >>> (32 - count);
    this.at += count;
    return value;
  };

  Bits.prototype.unary = function () {
    var zeros = 0, window = this.peek();
    while (!window) { zeros += 32; this.at += 32; window = this.peek(); }
    var more = Math.clz32(window);
    this.at += more + 1;
    return zeros + more;
  };

  Bits.prototype.gamma = function () {
    var zeros = this.unary();
    return Math.pow(2, zeros) + this.read(zeros);
  };

  // Posting lists: the format is that of danvan_site/search/lists.py.

  var SETS = 0, WEIGHTS = 1, WORDS = 2, PAIRS = 3, FOLLOWS = 4;
  var FIELDS = 8, LEAD = 1, BODY = 2;
  var BOOSTS = [8, 3, 1, 1, 4, 2, 2, 3];

  function readFields(bits, list, number, leveled) {
    var mask = 1 << BODY;
    if (bits.read(1)) {
      if (!bits.read(1)) mask = bits.read(1) ? 1 << BODY | 1 << LEAD : 1 << LEAD;
      else mask = bits.read(1) ? bits.read(FIELDS) : 1 << bits.read(3);
    }
    var amounts = [];
    for (var field = 0; field < FIELDS; field += 1) {
      if (mask >>> field & 1) amounts.push(leveled && field === BODY ? 0.6 * Math.pow(2, bits.unary()) : bits.gamma());
    }
    if (!list) return;
    list.masks[number] = mask;
    list.amounts[number] = amounts;
  }

  function readOccurrences(bits, list, number) {
    var count = 1, mask = 4;
    if (bits.read(1)) {
      if (!bits.read(1)) count = bits.gamma() + 1;
      else if (!bits.read(1)) mask = 1 << bits.read(2);
      else { mask = bits.read(4); count = bits.gamma(); }
    }
    if (list) {
      list.masks[number] = mask;
      list.amounts[number] = count;
    }
    return count;
  }

  // Read a chunk; give each list whose key is asked for to `found`. Return of all lists, in order,
  // how many postings or, of pairs, occurrences they have.
  function readChunk(text, kind, documents, keys, found) {
    var bits = new Bits(text), count = bits.gamma() - 1, totals = [];
    var key = 0, spelling = 0, check = -1;
    for (; count > 0; count -= 1) {
      check = -1;
      if (bits.read(1)) {
        key += bits.unary() * 65536 + bits.read(16);
        spelling = bits.read(12);
      } else if (bits.read(1)) spelling = bits.read(12);
      else check = bits.read(17);
      var size = bits.gamma(), total = 0;
      if (size > documents) throw damaged();
      var list = keys.has(key)
        ? { key: key, spelling: spelling, check: check, order: totals.length, docs: new Array(size), masks: [], amounts: [] } : null;
      var ratio = Math.floor(documents * 177 / (size * 256));
      var parameter = ratio > 1 ? 31 - Math.clz32(ratio) : 0;
      for (var number = 0, last = -1; number < size; number += 1) {
        last += 1 + bits.unary() * Math.pow(2, parameter) + bits.read(parameter);
        if (list) list.docs[number] = last;
        if (kind === PAIRS) total += readOccurrences(bits, list, number);
        else if (kind === WORDS) readFields(bits, list, number, false);
      }
      if (last >= documents || bits.at > bits.length) throw damaged();
      totals.push(kind === PAIRS ? total : size);
      if (list) found(list);
    }
    return totals;
  }

  // What stands beside the lists of a chunk: of each occurrence of a pair what follows it, of each
  // posting of a word what the fields hold.
  function readBeside(text, kind, totals, lists) {
    var bits = new Bits(text), wanted = new Map();
    lists.forEach(function (list) { wanted.set(list.order, list); });
    totals.forEach(function (total, order) {
      var list = wanted.get(order), width = kind === FOLLOWS ? bits.read(3) : 0;
      if (list && kind === FOLLOWS) list.codes = new Array(total);
      for (var number = 0; number < total; number += 1) {
        if (kind === WEIGHTS) { readFields(bits, list, number, true); continue; }
        var length = width;
        if (bits.read(1)) length += bits.unary() + 1;
        if (length > 20) throw damaged();
        var code = bits.read(length);
        if (list) list.codes[number] = [length, code];
      }
      if (bits.at > bits.length) throw damaged();
    });
  }

  // Files: each is fetched once; what it hands over arrives through danvanSearch.add.

  var data = document.getElementById('search-data');
  var root = data ? data.dataset.root : '';
  var summary = data ? JSON.parse(data.dataset.index) : null;
  var files = new Map();
  var arrived = new Map();
  var transferred = 0;

  function damaged(name) {
    var error = new Error('The search index cannot be read: ' + (name || 'damaged'));
    error.name = 'SearchError';
    return error;
  }

  function weigh(address, values) {
    var entries = performance.getEntriesByName ? performance.getEntriesByName(address) : [];
    var entry = entries[entries.length - 1];
    transferred += (entry && entry.encodedBodySize) || String(values).length;
  }

  function fetchFile(name) {
    if (files.has(name)) return files.get(name);
    var promise = new Promise(function (resolve, reject) {
      var script = document.createElement('script');
      var first = summary.large && /^(tu|cap|tiep|nang|tu-vung)(\/|$)/.test(name);
      var version = summary.versions[first ? 1 : 0];
      script.src = root + 'tim-kiem/' + name + '.js?' + version;
      function end(good) {
        var values = arrived.get(name);
        arrived.delete(name);
        script.remove();
        if (good && values) { weigh(script.src, values); resolve(values); return; }
        files.delete(name);
        reject(damaged(name));
      }
      script.onload = function () { end(true); };
      script.onerror = function () { end(false); };
      document.head.appendChild(script);
    });
    files.set(name, promise);
    return promise;
  }

  function chunkName(kind, place, bits) {
    var chunk = bits ? place >>> (32 - bits) : 0;
    return kind + '/' + chunk.toString(16).padStart(Math.max(Math.ceil(bits / 4), 1), '0');
  }

  // Fetch the chunks that some lists are in ([place, key] each) and read them: `read` gets the
  // texts of one, the keys, and its number.
  function fetchLists(kind, bits, wanted, read) {
    var chunks = new Map();
    wanted.forEach(function (name) {
      var file = chunkName(kind, name[0], bits);
      if (!chunks.has(file)) chunks.set(file, { keys: new Set(), number: bits ? name[0] >>> (32 - bits) : 0 });
      chunks.get(file).keys.add(name[1]);
    });
    return Promise.all(Array.from(chunks, function (chunk) {
      return fetchFile(chunk[0]).then(function (texts) {
        reading(chunk[0], function () { read(texts, chunk[1].keys, chunk[1].number); });
      });
    }));
  }

  // What cannot be read is forgotten, so that it is fetched anew the next time.
  function reading(file, read) {
    try { read(); } catch (error) {
      files.delete(file);
      throw error.name === 'SearchError' ? error : damaged(file);
    }
  }

  // Fetch what stands beside chunks read before: of number → {totals, lists}.
  function fetchBeside(folder, kind, bits, beside, chunks) {
    var share = Math.pow(2, bits - beside);
    return Promise.all(Array.from(chunks, function (chunk) {
      var file = chunkName(folder, Math.floor(chunk[0] / share) * Math.pow(2, 32 - beside), beside);
      return fetchFile(file).then(function (texts) {
        reading(file, function () { readBeside(texts[chunk[0] % share], kind, chunk[1].totals, chunk[1].lists); });
      });
    }));
  }

  // Of the lists of a key those of a term: all spellings, or one, told apart by the check.
  function spelled(lists, name, exactly) {
    var found = (lists || []).filter(function (list) { return !exactly || list.spelling === name.spelling; });
    if (!exactly || found.length < 2) return found;
    var second = found.filter(function (list) { return list.check === name.check; });
    return second.length ? second : found.slice(0, 1);
  }

  function keep(lists) {
    return function (list) {
      if (!lists.has(list.key)) lists.set(list.key, []);
      lists.get(list.key).push(list);
    };
  }

  // Sets of bulletins, a bit for each.

  function emptySet() { return new Uint32Array((summary.documents >>> 5) + 1); }

  function fullSet() {
    var set = emptySet().fill(0xffffffff);
    set[set.length - 1] = Math.pow(2, summary.documents & 31) - 1;
    return set;
  }

  function add(set, doc) { set[doc >>> 5] |= 1 << (doc & 31); }

  function has(set, doc) { return set[doc >>> 5] >>> (doc & 31) & 1; }

  function meet(set, other) { for (var at = 0; at < set.length; at += 1) set[at] &= other[at]; return set; }

  function without(set, other) { for (var at = 0; at < set.length; at += 1) set[at] &= ~other[at]; return set; }

  function join(set, other) { for (var at = 0; at < set.length; at += 1) set[at] |= other[at]; return set; }

  function size(set) {
    var sum = 0;
    for (var at = 0; at < set.length; at += 1) {
      var word = set[at];
      word -= word >>> 1 & 0x55555555;
      word = (word & 0x33333333) + (word >>> 2 & 0x33333333);
      sum += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
    }
    return sum;
  }

  // Members from the newest or, backwards, from the oldest; until `visit` says that it has enough.
  function each(set, visit) {
    for (var at = set.length - 1; at >= 0; at -= 1) {
      for (var word = set[at]; word;) {
        var bit = 31 - Math.clz32(word);
        word &= ~(1 << bit);
        if (visit((at << 5) + bit) === false) return;
      }
    }
  }

  function members(set) {
    var found = [];
    each(set, function (doc) { found.push(doc); });
    return found;
  }

  // Query texts.

  var MOST_WORDS = 24;
  var NAMES = {
    __proto__: null,
    'tieu-de': 'title', 'chuyen-muc': 'category', 'don-vi': 'unit', 'tac-gia': 'author',
    'tu-khoa': 'tag', 'su-kien': 'topic'
  };
  var PARTS = /(-)?(?:([^\s":]{3,12}):(?=\S))?(?:"([^"]*)"?|(\S+))/g;

  // A clause: words that stand in a row, wanted or not, anywhere or in a field.
  function clausesOf(text) {
    var plain = text.slice(0, 2000).replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"');
    var clauses = [], open = null, match;
    PARTS.lastIndex = 0;
    while ((match = PARTS.exec(plain))) {
      var field = match[2] ? NAMES[fold(match[2]).replace(/[^a-z]+/g, '-')] : '';
      var quoted = match[3] !== undefined;
      if (quoted && match[2] && !field) clauses.push({ text: match[2], not: false, field: '', quoted: false });
      var content = quoted ? match[3] : (match[2] && !field ? match[2] + ' ' : '') + match[4];
      if (open && !match[1] && !field && !quoted) { open.text += ' ' + content; continue; }
      var clause = { text: content, not: !!match[1], field: field || '', quoted: quoted };
      open = quoted || field || match[1] ? null : clause;
      clauses.push(clause);
    }
    return clauses.filter(function (one) { return words(one.text).length; });
  }

  function parse(query) {
    var text = String(query), clauses = clausesOf(text);
    var marked = clauses.some(function (clause) { return hasMarks(clause.text); });
    var left = MOST_WORDS, exact = text.length <= 2000;
    clauses.forEach(function (clause) {
      var all = words(clause.text);
      exact = exact && all.length <= left;
      clause.words = all.slice(0, left).map(alternatives);
      clause.row = row(clause.text).slice(0, left).map(alternatives);
      left -= clause.words.length;
    });
    clauses = clauses.filter(function (clause) { return clause.words.length; });
    return { clauses: clauses, marked: marked, exact: exact };
  }

  function alternatives(word) { return { word: word, terms: [new Word(word)] }; }

  // While typing, the last word stands for the frequent words that begin with it.
  var COMPLETIONS = 5;

  function complete(parsed, text) {
    var clause = parsed.clauses[parsed.clauses.length - 1];
    if (!clause || clause.quoted || clause.field || /\s$/.test(text)) return Promise.resolve(parsed);
    return vocabulary().then(function (known) {
      var last = clause.words[clause.words.length - 1];
      var begin = parsed.marked ? toneKey(last.word) : fold(last.word);
      var tone = (begin.match(TONES) || [''])[0];
      var letters = begin.replace(TONES, '');
      var key = parsed.marked ? toneKey : fold;
      var more = known.filter(function (word) {
        var other = key(word);
        return word !== last.word && other.indexOf(letters) === 0 && other.indexOf(tone) >= 0;
      }).slice(0, COMPLETIONS).map(function (word) { return new Word(word); });
      last.terms = last.terms.concat(more);
      if (clause.row.length) clause.row[clause.row.length - 1] = last;
      if (more.length) parsed.exact = false;
      return parsed;
    });
  }

  function vocabulary() {
    return fetchFile('tu-vung').then(function (values) { return values[0].split(' '); });
  }

  // What a query's words and pairs are in. `marked` says whether accents count.
  function Material(clauses, marked) {
    this.clauses = clauses;
    this.marked = marked;
    this.words = { large: new Map(), small: new Map() };
    this.pairs = { large: new Map(), small: new Map() };
    this.chunks = new Map();
    this.weights = null;
  }

  function nameOf(term) { return listName(term, null); }

  // The pairs of a row, each with its terms: first, second and the name of its list.
  function pairsOf(row) {
    return row.slice(1).map(function (second, at) {
      var pairs = [];
      row[at].terms.forEach(function (one) {
        second.terms.forEach(function (two) { pairs.push({ first: one, name: listName(one, two) }); });
      });
      return pairs;
    });
  }

  // Whether sets tell more of a clause than its pairs do.
  function needsSets(clause) {
    return !clause.quoted || clause.field || clause.row.length < 2 || clause.row.length !== clause.words.length;
  }

  // Of which pairs it has to be known what follows: of all but the last where a row is quoted; of
  // the first of three words, where two pairs in one bulletin are too often not one phrase.
  function followed(clause) {
    if (clause.quoted) return clause.row.slice(0, -1);
    return clause.row.length === 3 ? clause.row.slice(0, 2) : [];
  }

  function places(pairs) {
    return [].concat.apply([], pairs).map(function (pair) { return [pair.name.place, pair.name.key]; });
  }

  Material.prototype.fetchPairs = function () {
    var bits = summary.bits, large = summary.large, small = summary.documents - large;
    var words = this.words, pairs = this.pairs, chunks = new Map();
    var rows = this.clauses.filter(hasRow);
    var all = [].concat.apply([], rows.map(function (clause) { return pairsOf(clause.row); }));
    var codes = places([].concat.apply([], rows.map(function (clause) { return pairsOf(followed(clause)); })));
    var firsts = [].concat.apply([], all).map(function (pair) { return [nameOf(pair.first).place, pair.name.key]; });
    // The files of what follows are on their way before it is known which lists they are of.
    if (large) codes.forEach(function (place) { fetchFile(chunkName('tiep', place[0], bits[0])).catch(Boolean); });
    return Promise.all([
      large ? fetchLists('cap', bits[1], places(all), function (texts, keys, number) {
        var lists = [], total = readChunk(texts[0], PAIRS, large, keys, function (list) { lists.push(list); });
        lists.forEach(keep(pairs.large));
        chunks.set(number, { totals: total, lists: lists });
      }) : null,
      fetchLists('nho', bits[3], firsts.concat(this.placesOfWords()), function (texts, keys) {
        var lists = [];
        readChunk(texts[0], WORDS, small, keys, keep(words.small));
        var totals = readChunk(texts[1], PAIRS, small, keys, function (list) { lists.push(list); });
        readBeside(texts[2], FOLLOWS, totals, lists);
        lists.forEach(keep(pairs.small));
      })
    ]).then(function () {
      var needed = new Map();
      if (large) codes.forEach(function (place) { var number = place[0] >>> (32 - bits[1]); needed.set(number, chunks.get(number)); });
      return fetchBeside('tiep', FOLLOWS, bits[1], bits[0], needed);
    });
  };

  Material.prototype.fetchSets = function (all) {
    var words = this.words, chunks = this.chunks;
    if (!summary.large) return Promise.resolve();
    var keys = new Set(this.placesOfWords().map(function (place) { return place[1]; }));
    return fetchLists('tu', summary.bits[0], this.placesOfWords(all ? Boolean : needsSets), function (texts, some, number) {
      if (chunks.has(number)) return;
      var lists = [], totals = readChunk(texts[0], SETS, summary.large, keys, function (list) { lists.push(list); });
      lists.forEach(keep(words.large));
      chunks.set(number, { totals: totals, lists: lists });
    });
  };

  Material.prototype.placesOfWords = function (accept) {
    return [].concat.apply([], this.clauses.filter(accept || Boolean).map(function (clause) {
      return [].concat.apply([], clause.words.map(function (word) {
        return word.terms.map(function (term) { var name = nameOf(term); return [name.place, name.key]; });
      }));
    }));
  };

  // What the fields hold: for ranking all that no row of words decides, and for titles.
  Material.prototype.fetchWeights = function () {
    if (this.weights) return this.weights;
    var material = this, bits = summary.bits;
    if (summary.large) {
      this.placesOfWords().forEach(function (place) { fetchFile(chunkName('nang', place[0], bits[2])).catch(Boolean); });
    }
    this.weights = Promise.all([fetchFile('do-dai'), this.fetchSets(true)]).then(function (both) {
      return fetchBeside('nang', WEIGHTS, bits[0], bits[2], material.chunks).then(function () { return both[0][0]; });
    });
    this.weights.catch(function () { material.weights = null; });
    return this.weights;
  };

  // Visit the postings of a word: list, number in it, bulletin.
  Material.prototype.visit = function (word, visit) {
    var words = this.words, marked = this.marked;
    word.terms.forEach(function (term) {
      var name = nameOf(term);
      [[words.large, 0], [words.small, summary.large]].forEach(function (part) {
        spelled(part[0].get(name.key), name, marked).forEach(function (list) {
          for (var number = 0; number < list.docs.length; number += 1) visit(list, number, list.docs[number] + part[1]);
        });
      });
    });
  };

  Material.prototype.setOf = function (word, field) {
    var set = emptySet();
    this.visit(word, function (list, number, doc) {
      if (!field || list.masks[number] >>> field - 1 & 1) add(set, doc);
    });
    return set;
  };

  // For each pair of a row a map of bulletin → its postings, among the bulletins of a set.
  Material.prototype.postings = function (row, among) {
    var parts = [[this.pairs.large, 0], [this.pairs.small, summary.large]], marked = this.marked;
    return pairsOf(row).map(function (some) {
      var map = new Map(), counts = new Map(), most = 0;
      some.forEach(function (pair) {
        parts.forEach(function (part) {
          spelled(part[0].get(pair.name.key), pair.name, marked).forEach(function (list) {
            var id = list.key * 4096 + list.spelling;
            counts.set(id, (counts.get(id) || 0) + list.docs.length);
            most = Math.max(most, counts.get(id));
            list.docs.forEach(function (doc, number) {
              doc += part[1];
              if (!has(among, doc)) return;
              if (!map.has(doc)) map.set(doc, []);
              map.get(doc).push({ list: list, number: number, id: id });
            });
          });
        });
      });
      map.share = function (id) { return counts.get(id) / most; };
      return map;
    });
  };

  // Whether the words of a row stand together: each pair's code tells which pair follows it.
  function standsTogether(maps, doc) {
    var now = occurrences(maps[0].get(doc));
    for (var at = 1; at < maps.length && now.length; at += 1) {
      now = occurrences(maps[at].get(doc)).filter(function (next) {
        return now.some(function (one) { return next.hash >>> (20 - one.length) === one.bits; });
      });
    }
    return now.length > 0;
  }

  function occurrences(postings) {
    var found = [];
    postings.forEach(function (posting) {
      var list = posting.list, name = (list.key << 12 | list.spelling) >>> 0;
      if (list.codes && !list.starts) {
        var sum = 0;
        list.starts = list.amounts.map(function (amount) { sum += amount; return sum - amount; });
      }
      for (var at = 0; at < list.amounts[posting.number]; at += 1) {
        var code = list.codes ? list.codes[list.starts[posting.number] + at] : [0, 0];
        found.push({ hash: Math.max(mix(name, at + 1) >>> 12, 1), length: code[0], bits: code[1] });
      }
    });
    return found;
  }

  // How well a bulletin's pairs answer: a title most, then how often, a rarer spelling least.
  function worth(maps, doc) {
    return maps.reduce(function (sum, map) {
      return sum + (map.get(doc) || []).reduce(function (best, posting) {
        var mask = posting.list.masks[posting.number], count = posting.list.amounts[posting.number];
        var own = (mask & 1 ? 2 : 0) + (mask & 2 ? 0.5 : 0) + (mask & 7 ? count / (count + 1) : 0.1);
        return Math.max(best, own * map.share(posting.id));
      }, 0);
    }, 0) / maps.length;
  }

  // Whether all pairs are in the title: 10, less where the spelling is a rarer one.
  function inTitle(maps, doc) {
    return 10 * Math.pow(maps.reduce(function (least, map) {
      return Math.min(least, map.get(doc).reduce(function (best, posting) {
        return posting.list.masks[posting.number] & 1 ? Math.max(best, map.share(posting.id)) : best;
      }, 0));
    }, 1), 3);
  }

  function everywhere(maps, among) {
    var least = maps.reduce(function (one, other) { return other.size < one.size ? other : one; });
    return Array.from(least.keys()).filter(function (doc) {
      return has(among, doc) && maps.every(function (map) { return map.has(doc); });
    });
  }

  // Whether it matters that a clause's words stand together.
  function hasRow(clause) {
    return clause.row.length > 1 && (clause.quoted ? !clause.field || clause.field === 'title' : !clause.field && !clause.not);
  }

  Material.prototype.phrase = function (row, among, classes) {
    var set = emptySet(), maps = this.postings(row, among);
    everywhere(maps, among).forEach(function (doc) {
      var inside = maps.every(function (map) {
        return map.get(doc).some(function (posting) { return posting.list.masks[posting.number] & classes; });
      });
      if (inside && standsTogether(maps, doc)) add(set, doc);
    });
    return set;
  };

  // All bulletins that a query asks for.
  Material.prototype.matches = function () {
    var material = this, set = fullSet();
    var needs = this.clauses.some(function (clause) { return clause.field === 'title'; });
    return (needs ? this.fetchWeights() : Promise.resolve()).then(function () {
      return Promise.all(material.clauses.map(function (clause) { return material.ofClause(clause); }));
    }).then(function (sets) {
      sets.forEach(function (one, at) { (material.clauses[at].not ? without : meet)(set, one); });
      return set;
    });
  };

  Material.prototype.ofClause = function (clause) {
    var material = this;
    if (clause.field && clause.field !== 'title') {
      return named(clause, this.marked);
    }
    var title = clause.field === 'title' ? 1 : 0;
    var set = fullSet();
    if (needsSets(clause)) clause.words.forEach(function (word) { meet(set, material.setOf(word, title)); });
    if (clause.quoted && hasRow(clause)) meet(set, material.phrase(clause.row, set, title || 15));
    return title && clause.quoted ? titled(clause, set, this.marked) : set;
  };

  // Pairs do not tell whether all of a phrase is in the title; the title itself does, where it is
  // worth fetching.
  var WORTH_FETCHING = 100;

  function titled(clause, set, marked) {
    if (size(set) > WORTH_FETCHING) return set;
    var key = marked ? toneKey : fold, left = emptySet(), docs = members(set);
    var phrase = clause.row.map(function (word) { return key(word.word); }).join(' ');
    return cards(docs.map(function (doc) { return { doc: doc }; })).then(function (found) {
      found.forEach(function (card, at) {
        if ((' ' + row(card.title).map(key).join(' ') + ' ').indexOf(' ' + phrase + ' ') >= 0) add(left, docs[at]);
      });
      return left;
    });
  }

  // Ranking. First where all words stand together; then where every word has a neighbour of the
  // query; then where some do; all by how many, and by `worth`. Then by BM25. Of equal ones the
  // newer first.

  Material.prototype.adjacent = function (among, most) {
    var material = this, rows = this.clauses.filter(function (clause) { return !clause.not && hasRow(clause); });
    var maps = rows.map(function (clause) { return material.postings(clause.row, among); });
    var all = [].concat.apply([], maps), found = [], seen = emptySet();
    if (!rows.length) return { certain: [], others: [], seen: seen };
    everywhere(all, among).forEach(function (doc) {
      if (!maps.every(function (some) { return standsTogether(some, doc); })) return;
      add(seen, doc);
      found.push({ doc: doc, score: 3e6 + inTitle(all, doc) + worth(all, doc) });
    });
    found.sort(better);
    var others = [];
    if (found.length < most && all.length > 1) {
      var rest = [];
      all.forEach(function (map) {
        map.forEach(function (postings, doc) {
          if (has(seen, doc)) return;
          add(seen, doc);
          var near = all.reduce(function (count, each) { return count + each.has(doc); }, 0);
          var entry = { doc: doc, score: near * 1e3 + worth(all, doc) };
          if (maps.every(function (some) { return covers(some, doc); })) {
            entry.score += 2e6;
            rest.push(entry);
          } else {
            entry.score += 1e6;
            others.push(entry);
          }
        });
      });
      found = found.concat(rest.sort(better));
      others.sort(better);
    }
    return { certain: found, others: others, seen: seen };
  };

  // Whether each word of a row stands beside a neighbour of it: then all of them are there.
  function covers(maps, doc) {
    return maps.every(function (map, at) {
      return map.has(doc) || (at > 0 && at < maps.length - 1 && maps[at - 1].has(doc) && maps[at + 1].has(doc));
    });
  }

  Material.prototype.ranked = function (set, most) {
    var material = this, near = this.adjacent(set, most);
    var found = near.certain.concat(near.others);
    var rest = without(join(emptySet(), set), near.seen);
    if (found.length >= Math.min(most, size(set)) || (near.certain.length >= most)) return Promise.resolve(found);
    return this.fetchWeights().then(function (lengths) {
      var scores = material.bm25(rest, lengths);
      return found.concat(members(rest).map(function (doc) { return { doc: doc, score: scores.get(doc) || 0 }; }).sort(better));
    });
  };

  function better(one, other) { return other.score - one.score || other.doc - one.doc; }

  // BM25 as lunr has it, every field by itself, rounded as lunr rounds.
  Material.prototype.bm25 = function (set, lengths) {
    var scores = new Map(), material = this, seen = new Set();
    var all = [].concat.apply([], this.clauses.map(function (clause) {
      return clause.not || (clause.field && clause.field !== 'title') ? [] : clause.words;
    })).filter(function (word) {
      var key = material.marked ? word.terms[0].accented : word.terms[0].folded;
      return !seen.has(key) && seen.add(key);
    });
    all.forEach(function (word) {
      var standing = 0, amounts = new Map();
      material.visit(word, function (list, number, doc) {
        var of = amounts.get(doc);
        if (!of) amounts.set(doc, of = new Float64Array(FIELDS));
        for (var field = 0, at = 0; field < FIELDS; field += 1) {
          if (list.masks[number] >>> field & 1) of[field] += list.amounts[number][at++];
        }
      });
      amounts.forEach(function (of) { of.forEach(function (amount) { standing += amount > 0; }); });
      var idf = Math.log(1 + Math.abs((summary.documents - standing + 0.5) / (standing + 0.5)));
      amounts.forEach(function (of, doc) {
        if (has(set, doc)) scores.set(doc, (scores.get(doc) || 0) + material.fieldScores(of, doc, idf, lengths));
      });
    });
    scores.forEach(function (score, doc) { scores.set(doc, Math.round(1e6 * score / Math.sqrt(all.length)) / 1e6); });
    return scores;
  };

  Material.prototype.fieldScores = function (of, doc, idf, lengths) {
    var sum = 0;
    for (var field = 0; field < FIELDS; field += 1) {
      if (!of[field]) continue;
      var length = doc < summary.large ? 1 : lengths.lengths[(doc - summary.large) * FIELDS + field] / lengths.averages[field];
      // In the first segment the level of a body is for its length already.
      var norm = doc < summary.large ? 1.2 : 1.2 * (0.25 + 0.75 * length);
      sum += Math.round(1000 * idf * BOOSTS[field] * 2.2 * of[field] / (norm + of[field])) / 1000;
    }
    return sum;
  };

  // Filters: columns of values, and the years.

  var columns = new Map();

  function column(name) {
    if (columns.has(name)) return Promise.resolve(columns.get(name));
    var file = summary.filters[name];
    if (!file) return Promise.resolve({ names: [], of: [] });
    return fetchFile('loc/' + file).then(function (values) {
      var names = values[0][0], numbers = new Map(), of = values[0][1].split(' ');
      of.pop();
      Array.from(new Set(values[0][1].replace(/ /g, ''))).forEach(function (code, number) { numbers.set(code, number); });
      var made = { names: names, of: of.map(function (codes) { return codes.split('').map(function (code) { return numbers.get(code); }); }) };
      columns.set(name, made);
      return made;
    });
  }

  function chosen(name, accept) {
    return column(name).then(function (values) {
      var good = values.names.map(accept), set = emptySet();
      values.of.forEach(function (numbers, doc) {
        if (numbers.some(function (number) { return good[number]; })) add(set, doc);
      });
      return set;
    });
  }

  function named(clause, marked) {
    var key = marked ? toneKey : fold;
    var asked = clause.words.map(function (word) { return key(word.word); });
    var phrase = clause.row.map(function (word) { return key(word.word); }).join(' ');
    return chosen(clause.field, function (name) {
      var own = [].concat.apply([], tokens(name).map(function (token) { return token[0].concat(token[1]); })).map(key);
      var whole = row(name).map(key).join(' ');
      if (clause.quoted && (' ' + whole + ' ').indexOf(' ' + phrase + ' ') < 0) return false;
      return asked.every(function (word) { return own.indexOf(word) >= 0; });
    });
  }

  function years() {
    return summary.years.map(function (year, at) {
      return { year: year[0], start: year[1], end: (summary.years[at + 1] || [0, summary.documents])[1] };
    });
  }

  function span(start, end) {
    var set = emptySet();
    for (var doc = start; doc < end; doc += 1) add(set, doc);
    return set;
  }

  function dayNumber(text, missing) {
    var parts = text.split('-');
    return parts[0] * 512 + (parts[1] || missing) * 32 + +(parts[2] || missing);
  }

  function between(from, to) {
    return fetchFile('loc/ngay').then(function (values) {
      var days = values[0], day = 0, doc = 0, set = emptySet();
      var first = from ? dayNumber(from, 0) : 0, last = to ? dayNumber(to, 31) : Infinity;
      for (var at = 0; at < days.length; at += 2) {
        day += days[at];
        // Of what is known only to the month or the year all days count.
        var until = day % 32 ? day : day % 512 ? day + 31 : day + 511;
        if (until >= first && day <= last) join(set, span(doc, doc + days[at + 1]));
        doc += days[at + 1];
      }
      return set;
    });
  }

  function filtered(filters, but) {
    var sets = [];
    Object.keys(filters || {}).forEach(function (name) {
      var values = [].concat(filters[name] || []);
      if (!values.length || name === but || !(name in summary.filters)) return;
      sets.push(chosen(name, function (value) { return values.indexOf(value) >= 0; }));
    });
    var asked = [].concat((filters || {}).year || []).map(Number);
    if (asked.length && but !== 'year') {
      sets.push(years().filter(function (each) { return asked.indexOf(each.year) >= 0; }).reduce(function (set, each) {
        return join(set, span(each.start, each.end));
      }, emptySet()));
    }
    if (filters && (filters.from || filters.to)) sets.push(between(filters.from, filters.to));
    return Promise.all(sets).then(function (found) { return found.reduce(meet, fullSet()); });
  }

  // Answers.

  var CARDS = 16;

  function cards(docs) {
    return Promise.all(docs.map(function (found) {
      return fetchFile('the/' + Math.floor(found.doc / CARDS).toString(16)).then(function (values) {
        var card = values[0][found.doc % CARDS];
        if (!card) throw damaged('the');
        return { url: address(card), title: card[0], date: card[2], unit: card[3], score: found.score };
      });
    }));
  }

  // The namesake of `slugify` in danvan_site/vietnamese.py.
  function slug(text) {
    var made = fold(text).replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
    if (made.length > 80) {
      var cut = made.slice(0, 81).lastIndexOf('-');
      made = made.slice(0, cut > 40 ? cut : 80).replace(/-+$/, '');
    }
    if (!made) return 'tin';
    return /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/.test(made) ? made + '-1' : made;
  }

  function address(card) {
    if (card[1][0] !== '~') return card[1];
    return card[2].split('-').slice(0, 2).concat(slug(card[0])).join('/') + card[1].slice(1) + '.html';
  }

  function ordered(material, set, options, end) {
    if (options.sort === 'oldest' || options.sort === 'newest' || !material) {
      var found = members(set).map(function (doc) { return { doc: doc, score: 0 }; });
      return Promise.resolve(options.sort === 'oldest' ? found.reverse() : found);
    }
    if (options.sort === 'views') {
      return fetchFile('loc/luot-xem').then(function (values) {
        var views = values[0].split(' ');
        return members(set).map(function (doc) { return { doc: doc, score: +views[doc] }; }).sort(better);
      });
    }
    return material.ranked(set, end);
  }

  function evaluate(parsed, marked, filters, but, early) {
    var material = parsed.clauses.length ? new Material(parsed.clauses, marked) : null;
    var filtering = filtered(filters, but);
    if (!material) return filtering.then(function (set) { return { material: null, set: set }; });
    var single = parsed.clauses.length === 1 && !parsed.clauses[0].words[1];
    // One word has no pairs to go before: what ranks it is fetched at once.
    var sets = single ? Promise.all([material.fetchSets(), early ? material.fetchWeights() : null]) : null;
    return Promise.all([material.fetchPairs(), filtering]).then(function (both) {
      if (early && !single) early(material, both[1]);
      return Promise.all([sets || material.fetchSets(), both[1]]);
    }).then(function (both) {
      return material.matches().then(function (set) { return { material: material, set: meet(set, both[1]) }; });
    });
  }

  // Pairs alone can tell the first results of a plain query, before all is known.
  function isPlain(parsed) {
    var clause = parsed.clauses[0];
    return parsed.clauses.length === 1 && !clause.quoted && !clause.not && !clause.field && clause.row.length === clause.words.length;
  }

  var FEW = 10;

  function answer(parsed, options, before) {
    var offset = Math.max(options.offset | 0, 0), limit = options.limit === undefined ? 10 : Math.max(options.limit | 0, 0);
    if (!parsed.clauses.length && !Object.keys(options.filters || {}).length) {
      return Promise.resolve({ total: 0, exact: true, results: [], near: null, suggestion: '', transferred: 0 });
    }
    var first = null, plain = isPlain(parsed) && (!options.sort || options.sort === 'relevance');
    function early(material, among) {
      var certain = plain ? material.adjacent(among, offset + limit).certain.slice(offset, offset + limit) : [];
      if (certain.length < limit || !limit) return;
      first = cards(certain);
      first.then(function (results) { if (options.first) options.first(results); }, function () {});
    }
    return evaluate(parsed, parsed.marked, options.filters, '', early).then(function (found) {
      var total = size(found.set);
      return first ? finish(total, first, found) : ordered(found.material, found.set, options, offset + limit).then(function (docs) {
        return finish(total, cards(docs.slice(offset, offset + limit)), found);
      });
    });
    function finish(total, shown, found) {
      return shown.then(function (results) {
        return Promise.all([
          parsed.marked && total < FEW && !offset ? nearly(parsed, options, found.set, limit) : null,
          total < 3 && !offset && !options.prefix ? suggest(parsed, total) : ''
        ]).then(function (more) {
          return {
            total: total, exact: parsed.exact, results: results, near: more[0], suggestion: more[1],
            transferred: transferred - before
          };
        });
      });
    }
  }

  // What is found without regard to marks, besides.
  function nearly(parsed, options, exact, limit) {
    return evaluate(parsed, false, options.filters).then(function (found) {
      without(found.set, exact);
      var total = size(found.set);
      if (!total) return null;
      return ordered(found.material, found.set, options, limit).then(function (docs) {
        return cards(docs.slice(0, limit));
      }).then(function (results) { return { total: total, results: results }; });
    });
  }

  // Suggestions: what was typed in Telex or VNI without an input method, or with a slip.

  var VOWELS = { a: '\u00e2', e: '\u00ea', o: '\u00f4' };
  var HORNS = { a: '\u0103', o: '\u01a1', u: '\u01b0' };
  var TELEX = { f: '\u0300', s: '\u0301', x: '\u0303', r: '\u0309', j: '\u0323' };
  var VNI = { 2: '\u0300', 1: '\u0301', 4: '\u0303', 3: '\u0309', 5: '\u0323' };

  // Put marks on the last letter, or on `uo` both, that `marks` has one for; '' where none has.
  function marked(base, marks) {
    if (marks === HORNS && /uo/.test(base)) return base.replace('uo', '\u01b0\u01a1');
    for (var at = base.length - 1; at >= 0; at -= 1) {
      if (marks[base[at]]) return base.slice(0, at) + marks[base[at]] + base.slice(at + 1);
    }
    return '';
  }

  function typed(word, telex) {
    var base = '', tone = '';
    for (var at = 0; at < word.length; at += 1) {
      var letter = word[at], next = '';
      var vowels = /[aeiouy\u00e2\u00ea\u00f4\u0103\u01a1\u01b0]/.test(base);
      if ((telex ? TELEX : VNI)[letter] && vowels) { tone = (telex ? TELEX : VNI)[letter]; continue; }
      if (telex) {
        if (letter === 'w') next = marked(base, HORNS) || base + '\u01b0';
        else if (letter === 'd' && base[0] === 'd') next = '\u0111' + base.slice(1);
        else if (VOWELS[letter] && base.indexOf(letter) >= 0) {
          var only = {};
          only[letter] = VOWELS[letter];
          next = marked(base, only);
        }
      } else if (letter === '6') next = marked(base, VOWELS);
      else if (letter === '7') next = marked(base, { o: HORNS.o, u: HORNS.u, uo: 1 });
      else if (letter === '8') next = marked(base, { a: HORNS.a });
      else if (letter === '9' && base[0] === 'd') next = '\u0111' + base.slice(1);
      base = next || base + letter;
    }
    if (!telex) base = base.replace('u\u01a1', '\u01b0\u01a1');
    return base + tone;
  }

  // Whether two words differ by one letter: put in, left out, another, or two in wrong order.
  function slipped(one, other) {
    if (Math.abs(one.length - other.length) > 1 || one === other) return false;
    var start = 0, end = 0;
    while (start < one.length && one[start] === other[start]) start += 1;
    while (end < Math.min(one.length, other.length) - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
    var a = one.slice(start, one.length - end), b = other.slice(start, other.length - end);
    return a.length + b.length < 3 && (a.length < 2 && b.length < 2) || (a.length === 2 && b.length === 2 && a[0] === b[1] && a[1] === b[0]);
  }

  function suggest(parsed, total) {
    var plain = parsed.clauses.every(function (clause) { return !clause.quoted && !clause.not && !clause.field; });
    if (!plain || !parsed.clauses.length) return Promise.resolve('');
    var asked = words(parsed.clauses[0].text);
    return vocabulary().then(function (known) {
      var byTone = new Map(), byFold = new Map();
      known.forEach(function (word) {
        if (!byTone.has(toneKey(word))) byTone.set(toneKey(word), word);
        if (!byFold.has(fold(word))) byFold.set(fold(word), word);
      });
      function spelledOut(telex) {
        return asked.map(function (word) { return byTone.get(toneKey(typed(word, telex))) || (/^[0-9]+$/.test(word) ? word : ''); });
      }
      function mended() {
        var index = parsed.marked ? byTone : byFold, key = parsed.marked ? toneKey : fold;
        return asked.map(function (word) {
          if (index.has(key(word)) || /[0-9]/.test(word)) return word;
          var meant = known.find(function (other) { return slipped(key(word), key(other)); }) || '';
          return parsed.marked ? meant : fold(meant);
        });
      }
      var tries = [spelledOut(true), spelledOut(false), mended()].map(function (found) {
        return found.every(Boolean) && found.join(' ') !== asked.join(' ') ? found.join(' ') : '';
      }).filter(Boolean);
      return tries.reduce(function (before, text) {
        return before.then(function (found) {
          if (found) return found;
          var other = parse(text);
          return evaluate(other, other.marked, {}).then(function (result) { return size(result.set) > total ? text : ''; });
        });
      }, Promise.resolve(''));
    }, function () { return ''; });
  }

  // Where the words of a query stand in a text.

  var STRETCH = new RegExp('[0-9\\u00ad\\u200b-\\u200d\\u2060]+(?:[-./][0-9\\u00ad\\u200b-\\u200d\\u2060]+)+|[A-Z\\u00c0-\\u00de' + LETTERS + '\\u0300-\\u036f\\u00ad\\u200b-\\u200d\\u2060]+', 'g');

  function highlights(text, query) {
    var parsed = parse(query), key = parsed.marked ? toneKey : fold, asked = new Set();
    parsed.clauses.forEach(function (clause) {
      if (!clause.not) clause.words.forEach(function (word) { asked.add(key(word.word)); });
    });
    var found = [], match;
    STRETCH.lastIndex = 0;
    while ((match = STRETCH.exec(text))) {
      var good = tokens(match[0]).some(function (token) {
        return token[0].concat(token[1]).some(function (word) { return asked.has(key(word)); });
      });
      if (good) found.push([match.index, match.index + match[0].length]);
    }
    return found;
  }

  // The page's interface; docs/search.md describes it.

  function query(text, options) {
    options = options || {};
    var before = transferred, parsed = parse(text);
    return Promise.resolve(options.prefix ? complete(parsed, String(text)) : parsed).then(function (ready) {
      return answer(ready, options, before);
    });
  }

  function facets(text, options, name) {
    var asked = parse(text), filters = (options || {}).filters;
    return Promise.resolve((options || {}).prefix ? complete(asked, String(text)) : asked).then(function (parsed) {
      return evaluate(parsed, parsed.marked, filters, name);
    }).then(function (found) {
      if (name === 'year') {
        return years().map(function (each) {
          return { value: each.year, count: size(meet(span(each.start, each.end), found.set)) };
        }).filter(function (each) { return each.count; }).reverse();
      }
      return column(name).then(function (values) {
        var counts = values.names.map(function () { return 0; });
        values.of.forEach(function (numbers, doc) {
          if (has(found.set, doc)) numbers.forEach(function (number) { counts[number] += 1; });
        });
        return values.names.map(function (value, at) { return { value: value, count: counts[at] }; }).filter(function (each) {
          return each.count;
        }).sort(function (one, other) { return other.count - one.count || (one.value < other.value ? -1 : 1); });
      });
    });
  }

  window.danvanSearch = {
    query: query,
    facets: facets,
    highlights: highlights,
    tokens: tokens,
    words: words,
    termsOf: termsOf,
    add: function (name) { arrived.set(name, Array.prototype.slice.call(arguments, 1)); }
  };
}());
