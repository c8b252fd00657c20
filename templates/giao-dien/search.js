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

  // Common words, whose lists have files of their own: those of danvan_site/search/common.py.
  var COMMON = (
    'do doi dung tu co thu dang van dong bo de noi quan ban du phan dan day da tinh hoa moi vi dien cu ky ho so nam ' +
    'cung dau bao tuong an tien dai su thi the chu to tai dao dat phu thuong dinh bang lan thuc chung duong gia chi ' +
    'san ca nhan can qua mat tan tri thang trong hai tam mo bien hoi le ke con cong tro tham cau no song cai la thanh ' +
    'nang luc danh tho phong bat tang chuyen pho vo hang ve ma nhung tran anh lam han truong trung nay toi huong vien ' +
    'mau doc nhat thong khoi bac loi di nen chua nguyen trang dam ba hon mang dua cho thay doan sau don dich minh vu ' +
    'cap nho duc lai giao hien xa viet den lap tuc biet kien tru quy luong khi nha tay than ton ha bi trai gian thap ' +
    'tuyen a o sang ngoai binh canh cam ben long tong chinh hieu boi cua bay am ta ngay pham bai dieu thuoc giai muc ' +
    'mua te tuy nghi he tieu ngan quang toan y nghe ly ngu phat hop loai trieu tac lien gan tin hau truc cao hanh toc ' +
    'roi thoi tat rang lanh che yeu tap phuc lang goi khac uy hoang chong mac chan linh tich phai kinh cuu vung voi ' +
    'mai nhu xay kiem vai ung duoi khoang may huyen ty quyen trinh lo dac tranh ong chau vuong phuong hung cuoi thuy ' +
    'khong lon thien tao kho ra va chay dia tung mien khu thai nham me chuc duoc gom vong xu chat giam kha truyen ' +
    'thieu phi vay diem se khai thiet nhieu rong cham gioi xuong ngo hoan be len tiep my nguoi bong tre hay chien hoc ' +
    'man cuoc ten nong lao khoa gio vua lua trien sinh ket manh ngoi cac mot ki giua lieu sat hoac viec hinh chuong ' +
    'vuc nhien xuat phap tieng vao tren lich theo nuoc that huu nghia quoc truoc cach au vat chieu tim pha goc si ' +
    'phia ro rat sach giang nao nhiem nghiep cang hat choi nhau mong ngon thao thuan cuc on nua chiem huy vinh trao ' +
    'tra vang nhanh nga gay giong nhom coi cuong thuat lay hiep nhac luan nguon mon it deu nhi xung nhap khien hoat ' +
    'muon buoc kich them chia son tuoi cay toa neu chon ham dem luu nghiem nu thua giu xem quyet bon hong het phien ' +
    'rieng cat duy dot bieu lau xac niem nien luat nghien von gap tron tram ap phe lac muoi sung ai suc tuan dap khan ' +
    'khau sac gianh go kim tau chap bau ghi phep phoi tot hiem sap thich kem ao troi thoai uoc kheo ti cha kieu uong ' +
    'chuan keo khang xo giay chet sai loan xep giup thuyet sao hy nganh xam ngoc nui khach khoan xe chang lop thinh ' +
    'quanh giap in lung i gop huynh bui nhiet trach chiu doanh cup hue nan rung moc em xuyen ninh'
  ).split(' ');
  var RANKS = new Map(COMMON.map(function (word, rank) { return [word, rank]; }));

  // A term: what tells the chunk (rank or place), the list in it (key), and its spelling and check.
  function Word(word) {
    var terms = termsOf(word);
    this.word = word;
    this.rank = RANKS.has(terms[1]) ? RANKS.get(terms[1]) : COMMON.length;
    this.accented = textHash(terms[0], 0x9747b28c, 0x5bd1e995);
    this.folded = textHash(terms[1], 0x9747b28c, 0x5bd1e995);
    this.place = textHash(terms[1], 0x811c9dc5, 0x01000193);
  }

  function listName(first, second) {
    var accented = second ? mix(first.accented, second.accented) : first.accented;
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
  // Of the second segment: parameters of positions, and how far apart the fields' places are.
  var POSITIONS = [3, 5, 8, 4, 3, 2, 2, 2], FIELD = 1 << 21;

  function readFields(bits, list, number, leveled) {
    var mask = 1 << BODY;
    if (bits.read(1)) {
      if (!bits.read(1)) mask = bits.read(1) ? 1 << BODY | 1 << LEAD : 1 << LEAD;
      else mask = bits.read(1) ? bits.read(FIELDS) : 1 << bits.read(3);
    }
    var amounts = [], places = [];
    for (var field = 0; field < FIELDS; field += 1) {
      if (!(mask >>> field & 1)) continue;
      var count = leveled && field === BODY ? 0.6 * Math.pow(2, bits.unary()) : bits.gamma();
      amounts.push(count);
      if (leveled) continue;
      var parameter = Math.max(POSITIONS[field] - 31 + Math.clz32(count), 0);
      for (var place = field * FIELD - 1; count > 0 && bits.at <= bits.length; count -= 1) {
        place += 1 + bits.unary() * Math.pow(2, parameter) + bits.read(parameter);
        places.push(place);
      }
    }
    if (!list) return;
    list.masks[number] = mask;
    list.amounts[number] = amounts;
    list.places[number] = places;
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

  // Read a chunk as far as the last key that is asked for; give each list whose key is to "found".
  // Return of all lists read, in order, how many postings or, of pairs, occurrences they have.
  function readChunk(text, kind, documents, keys, found) {
    var bits = new Bits(text), count = bits.gamma() - 1, totals = [];
    var key = 0, spelling = 0, check = -1, accented = 0, rice = kind === WORDS ? 19 : 16;
    var most = Math.max.apply(null, Array.from(keys));
    for (; count > 0; count -= 1) {
      var newKey = bits.read(1);
      check = -1;
      if (newKey) key += bits.unary() * Math.pow(2, rice) + bits.read(rice);
      if (key > most) break;
      if (!newKey && !bits.read(1)) check = bits.read(17);
      else if (kind === WORDS) {
        accented = bits.read(32);
        spelling = accented >>> 20;
        check = accented & 0x1ffff;
      } else spelling = bits.read(12);
      var size = bits.gamma(), total = 0;
      if (size > documents) throw damaged();
      // A long set holds the bulletins that are not in it.
      var turned = kind === SETS && 2 * size > documents, listed = turned ? documents - size : size;
      var list = keys.has(key)
        ? {
          key: key, spelling: spelling, check: check, accented: accented, order: totals.length,
          docs: new Array(listed), masks: [], amounts: [], places: []
        } : null;
      var ratio = Math.floor(documents * 177 / (Math.max(listed, 1) * 256));
      var parameter = ratio > 1 ? 31 - Math.clz32(ratio) : 0;
      for (var number = 0, last = -1; number < listed; number += 1) {
        last += 1 + bits.unary() * Math.pow(2, parameter) + bits.read(parameter);
        if (list) list.docs[number] = last;
        if (kind === PAIRS) total += readOccurrences(bits, list, number);
        else if (kind === WORDS) readFields(bits, list, number, false);
      }
      if (last >= documents || bits.at > bits.length) throw damaged();
      totals.push(kind === PAIRS ? total : size);
      if (list && turned) list.docs = others(list.docs, documents);
      if (list) found(list);
    }
    return totals;
  }

  function others(docs, documents) {
    var found = [], at = 0;
    for (var doc = 0; doc < documents; doc += 1) {
      if (doc === docs[at]) at += 1;
      else found.push(doc);
    }
    return found;
  }

  // What stands beside the lists of a chunk: of each occurrence of a pair what follows it, of each
  // posting of a word what the fields hold.
  function readBeside(text, kind, totals, lists) {
    var wanted = new Map();
    lists.forEach(function (list) { if (!list.whole) wanted.set(list.order, list); });
    if (!wanted.size) return;
    var bits = new Bits(text);
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
    wanted.forEach(function (list) { list.whole = true; });
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
      var first = summary.large && /^(tu|goc|cap|tiep|nang|tu-vung)(\/|$)/.test(name);
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

  function chunkName(folder, number) { return folder + '/' + number.toString(16); }

  function hashed(place, bits) { return bits ? place >>> (32 - bits) : 0; }

  // Fetch the chunks that some lists are in ([chunk's number, key] each) and read them: "take" gets
  // the lists, how many postings or occurrences all lists of the chunk have, and its number.
  function fetchLists(folder, kind, documents, wanted, take) {
    var chunks = new Map();
    wanted.forEach(function (name) {
      if (!chunks.has(name[0])) chunks.set(name[0], new Set());
      chunks.get(name[0]).add(name[1]);
    });
    return Promise.all(Array.from(chunks, function (chunk) {
      var file = chunkName(folder, chunk[0]);
      return fetchFile(file).then(function (texts) {
        reading(file, function () { read(texts, kind, documents, chunk[1]); });
        take(flat(Array.from(chunk[1], function (key) { return texts.known.get(key); })), texts.totals, chunk[0]);
      });
    }));
  }

  // Read what has not been read of a chunk; it is kept.
  function read(texts, kind, documents, keys) {
    var found = new Map(), known = texts.known || new Map();
    var missing = new Set(Array.from(keys).filter(function (key) { return !known.has(key); }));
    var totals = missing.size ? readChunk(texts[0], kind, documents, missing, keep(found)) : [];
    if (!texts.totals || texts.totals.length < totals.length) texts.totals = totals;
    missing.forEach(function (key) { known.set(key, found.get(key) || []); });
    texts.known = known;
  }

  // What cannot be read is forgotten, so that it is fetched anew the next time.
  function reading(file, read) {
    try { read(); } catch (error) {
      files.delete(file);
      throw error.name === 'SearchError' ? error : damaged(file);
    }
  }

  // Fetch what stands beside chunks read before, of number → {totals, lists}: so many in each file.
  function fetchBeside(folder, kind, share, chunks) {
    return Promise.all(Array.from(chunks, function (chunk) {
      var file = chunkName(folder, Math.floor(chunk[0] / share));
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

  // Members from the newest or, backwards, from the oldest; until "visit" says that it has enough.
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
    return { clauses: clauses, marked: marked, exact: exact, cut: !exact };
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

  // What a query's words and pairs are in. "marked" says whether accents count.
  function Material(clauses, marked) {
    this.clauses = clauses;
    this.marked = marked;
    this.words = { large: new Map(), small: new Map() };
    this.unions = new Map(); // of common words of the first segment, by rank
    this.pairs = new Map(); // of the first segment
    this.chunks = new Map();
    this.weights = null;
  }

  function nameOf(term) { return listName(term, null); }

  // The chunk of a word of the first segment: its own, or one that its hash tells.
  function wordChunk(term) {
    var own = summary.common[0];
    return term.rank < own ? term.rank : own + hashed(nameOf(term).place, summary.bits[0]);
  }

  function smallChunk(term) { return hashed(nameOf(term).place, summary.bits[3]); }

  // Where the pairs stand that are looked at. Of a long row without quotes every third one is passed
  // over: the others tell nearly as much, in fewer files.
  function pairedAt(clause) {
    var all = clause.row.slice(1).map(function (word, at) { return at; });
    return clause.quoted || all.length < 4 ? all : all.filter(function (at) { return at % 3 < 2 || at === all.length - 1; });
  }

  // A pair of a row, in all its terms.
  function pairOf(row, at) {
    var pairs = [];
    row[at].terms.forEach(function (one) {
      row[at + 1].terms.forEach(function (two) { pairs.push(listName(one, two)); });
    });
    return pairs;
  }

  // Whether sets tell more of a clause than its pairs do.
  function needsSets(clause) {
    return !clause.quoted || clause.field || clause.row.length < 2 || clause.row.length !== clause.words.length;
  }

  // Of which pairs it has to be known what follows: of all but the last where a row is quoted; of
  // the first of three words, where two pairs in one bulletin are too often not one phrase.
  function followed(clause) {
    return clause.quoted || clause.row.length === 3 ? pairedAt(clause).slice(0, -1) : [];
  }

  // Chunk and key of the lists of some pairs of each clause.
  function placesOfPairs(clauses, some) {
    return flat(clauses.map(function (clause) {
      return flat(some(clause).map(function (at) { return pairOf(clause.row, at); }));
    })).map(function (pair) { return [hashed(pair.place, summary.bits[1]), pair.key]; });
  }

  // Chunk and key of the lists of some words.
  function placesOf(some, chunkOf) { return termsIn(some).map(function (term) { return [chunkOf(term), nameOf(term).key]; }); }

  function termsIn(some) { return flat(some.map(function (word) { return word.terms; })); }

  function flat(lists) { return [].concat.apply([], lists); }

  Material.prototype.fetchPairs = function () {
    var share = Math.pow(2, summary.bits[1] - summary.bits[2]), large = summary.large, small = summary.documents - large;
    var words = this.words, pairs = this.pairs, chunks = new Map();
    var rows = this.clauses.filter(hasRow), codes = placesOfPairs(rows, followed);
    var wanted = this.clauses.map(function (clause) { return clause.words; }).concat(rows.map(function (clause) { return clause.row; }));
    // The files of what follows are on their way before it is known which lists they are of.
    if (large) codes.forEach(function (place) { fetchFile(chunkName('tiep', Math.floor(place[0] / share))).catch(Boolean); });
    return Promise.all([
      large ? fetchLists('cap', PAIRS, large, placesOfPairs(rows, pairedAt), function (lists, totals, number) {
        lists.forEach(keep(pairs));
        chunks.set(number, { totals: totals, lists: lists });
      }) : null,
      fetchLists('nho', WORDS, small, placesOf(flat(wanted), smallChunk), function (lists) {
        lists.forEach(keep(words.small));
      })
    ]).then(function () {
      var needed = new Map();
      if (large) codes.forEach(function (place) { needed.set(place[0], chunks.get(place[0])); });
      return fetchBeside('tiep', FOLLOWS, share, needed);
    });
  };

  // Which bulletins have the words; "all" with their lists in each spelling, for weights. Where
  // marks do not count, the one list of a common word is shorter, unless the others are here.
  Material.prototype.fetchSets = function (all) {
    var words = this.words, unions = this.unions, chunks = this.chunks, marked = this.marked;
    if (!summary.large) return Promise.resolve();
    var terms = this.terms(all ? Boolean : needsSets), short = terms.filter(function (term) {
      return !all && !marked && term.rank < summary.common[1] && !files.has(chunkName('tu', term.rank));
    });
    return Promise.all([short].concat([terms.filter(function (term) { return short.indexOf(term) < 0; })]).map(function (some, at) {
      var wanted = some.map(function (term) { return [wordChunk(term), nameOf(term).key]; });
      return fetchLists(at ? 'tu' : 'goc', SETS, summary.large, wanted, function (lists, totals, number) {
        if (!at) { unions.set(number, lists); return; }
        var chunk = chunks.get(number) || { lists: [] };
        chunk.totals = totals;
        lists.filter(function (list) { return chunk.lists.indexOf(list) < 0; }).forEach(function (list) {
          keep(words.large)(list);
          chunk.lists.push(list);
        });
        chunks.set(number, chunk);
      });
    }));
  };

  Material.prototype.terms = function (accept) {
    return termsIn(flat(this.clauses.filter(accept).map(function (clause) { return clause.words; })));
  };

  // What the fields hold: for ranking all that no row of words decides, and for titles.
  Material.prototype.fetchWeights = function () {
    if (this.weights) return this.weights;
    var material = this;
    if (summary.large) {
      this.terms(Boolean).forEach(function (term) { fetchFile(chunkName('nang', wordChunk(term))).catch(Boolean); });
    }
    this.weights = Promise.all([fetchFile('do-dai'), this.fetchSets(true)]).then(function (both) {
      return fetchBeside('nang', WEIGHTS, 1, material.chunks).then(function () { return both[0][0]; });
    });
    this.weights.catch(function () { material.weights = null; });
    return this.weights;
  };

  // Visit the postings of a word: list, number in it, bulletin.
  Material.prototype.visit = function (word, visit) {
    var material = this;
    word.terms.forEach(function (term) {
      visitLists(material.spelledOf(term, 'large'), 0, visit);
      visitLists(material.spelledOf(term, 'small'), summary.large, visit);
    });
  };

  Material.prototype.spelledOf = function (term, segment) {
    var name = nameOf(term);
    return spelled(this.words[segment].get(name.key), name, this.marked);
  };

  function visitLists(lists, first, visit) {
    lists.forEach(function (list) {
      for (var number = 0; number < list.docs.length; number += 1) visit(list, number, list.docs[number] + first);
    });
  }

  Material.prototype.setOf = function (word, field) {
    var set = emptySet(), material = this;
    function take(list, number, doc) { if (!field || list.masks[number] >>> field - 1 & 1) add(set, doc); }
    word.terms.forEach(function (term) {
      var union = !field && material.unions.get(term.rank);
      visitLists(union || material.spelledOf(term, 'large'), 0, take);
      visitLists(material.spelledOf(term, 'small'), summary.large, take);
    });
    return set;
  };

  // The second segment's lists of a word, each with its term.
  Material.prototype.smallOf = function (word) {
    var material = this;
    return flat(word.terms.map(function (term) {
      return material.spelledOf(term, 'small').map(function (list) { return { term: term, list: list }; });
    }));
  };

  // The second segment's lists of the pairs of a row, told from where its words stand.
  Material.prototype.smallPairs = function (row, withCodes) {
    var words = row.map(this.smallOf, this), found = [], later = new Map();
    for (var at = row.length - 2; at >= 0; at -= 1) {
      var begins = new Map(); // bulletin and place → the hash of the pair that begins there
      found[at] = [];
      words[at].forEach(function (one) {
        words[at + 1].forEach(function (two) {
          var pair = smallPair(one, two, begins, withCodes && later);
          if (pair.docs.length) found[at].push(pair);
        });
      });
      later = begins;
    }
    return found;
  };

  function smallPair(one, two, begins, later) {
    var key = mix(one.term.folded, two.term.folded) >>> 8, spelling = mix(one.list.accented, two.list.accented) >>> 20;
    var pair = { key: key, spelling: spelling, docs: [], masks: [], amounts: [], codes: later ? [] : null };
    var seconds = new Map();
    two.list.docs.forEach(function (doc, number) { seconds.set(doc, two.list.places[number]); });
    one.list.docs.forEach(function (doc, number) {
      var after = new Set(seconds.get(doc)), mask = 0;
      var stands = one.list.places[number].filter(function (place) { return after.has(place + 1); });
      if (!stands.length) return;
      stands.forEach(function (place, ordinal) {
        mask |= 1 << Math.min(place / FIELD | 0, 3);
        begins.set(doc + ' ' + place, nextHash(pair, ordinal));
        if (later) pair.codes.push([20, later.get(doc + ' ' + (place + 1)) || 0]);
      });
      pair.docs.push(doc);
      pair.masks.push(mask);
      pair.amounts.push(stands.length);
    });
    return pair;
  }

  // The hash of the nth occurrence of a pair, by which the pair before it names it.
  function nextHash(list, ordinal) {
    return Math.max(mix((list.key << 12 | list.spelling) >>> 0, ordinal + 1) >>> 12, 1);
  }

  // For each pair of a clause a map of bulletin → its postings, among the bulletins of a set.
  Material.prototype.postings = function (clause, among) {
    var large = this.pairs, marked = this.marked, row = clause.row;
    var small = this.smallPairs(row, followed(clause).length > 0);
    return pairedAt(clause).map(function (at) {
      var map = new Map(), counts = new Map(), most = 0;
      function take(list, start) {
        var id = list.key * 4096 + list.spelling;
        counts.set(id, (counts.get(id) || 0) + list.docs.length);
        most = Math.max(most, counts.get(id));
        list.docs.forEach(function (doc, number) {
          doc += start;
          if (!has(among, doc)) return;
          if (!map.has(doc)) map.set(doc, []);
          map.get(doc).push({ list: list, number: number, id: id });
        });
      }
      pairOf(row, at).forEach(function (pair) {
        spelled(large.get(pair.key), pair, marked).forEach(function (list) { take(list, 0); });
      });
      small[at].forEach(function (list) { take(list, summary.large); });
      map.share = function (id) { return counts.get(id) / most; };
      map.at = at;
      map.words = row.length;
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
      var list = posting.list;
      if (list.codes && !list.starts) {
        var sum = 0;
        list.starts = list.amounts.map(function (amount) { sum += amount; return sum - amount; });
      }
      for (var at = 0; at < list.amounts[posting.number]; at += 1) {
        var code = list.codes ? list.codes[list.starts[posting.number] + at] : [0, 0];
        found.push({ hash: nextHash(list, at), length: code[0], bits: code[1] });
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

  Material.prototype.phrase = function (clause, among, classes) {
    var set = emptySet(), maps = this.postings(clause, among);
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
    if (clause.quoted && hasRow(clause)) meet(set, material.phrase(clause, set, title || 15));
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
  // query; then where some do; all by how many, and by "worth". Then by BM25. Of equal ones the
  // newer first.

  Material.prototype.adjacent = function (among, most) {
    var material = this, rows = this.clauses.filter(function (clause) { return !clause.not && hasRow(clause); });
    var maps = rows.map(function (clause) { return material.postings(clause, among); });
    var all = flat(maps), found = [], seen = emptySet();
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
    var beside = new Set();
    maps.forEach(function (map) { if (map.has(doc)) beside.add(map.at).add(map.at + 1); });
    return beside.size === maps[0].words;
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
    var all = flat(this.clauses.map(function (clause) {
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
      var made = { names: names, of: of.map(function (codes) { return Array.from(codes, function (code) { return numbers.get(code); }); }) };
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
      var own = flat(tokens(name).map(function (token) { return token[0].concat(token[1]); })).map(key);
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

  // A day as a number; of a month or a year the first one or, with "last", one after its last.
  function dayNumber(text, last) {
    var parts = text.split('-');
    return parts[0] * 512 + (parts[1] || (last ? 15 : 0)) * 32 + +(parts[2] || (last ? 31 : 0));
  }

  function between(from, to) {
    return fetchFile('loc/ngay').then(function (values) {
      var days = values[0], day = 0, doc = 0, set = emptySet();
      var first = from ? dayNumber(from) : 0, last = to ? dayNumber(to, true) : Infinity;
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

  // The namesake of "slugify" in danvan_site/vietnamese.py.
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
    var sets = !single ? null : early ? material.fetchWeights() : material.fetchSets();
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
      return Promise.resolve({ total: 0, exact: true, cut: false, results: [], near: null, suggestion: '', transferred: 0 });
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
            total: total, exact: parsed.exact, cut: parsed.cut, results: results, near: more[0], suggestion: more[1],
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

  // Put marks on the last letter, or on "uo" both, that "marks" has one for; '' where none has.
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

  var MOST_MENDED = 12;

  function suggest(parsed, total) {
    var plain = parsed.clauses.every(function (clause) { return !clause.quoted && !clause.not && !clause.field; });
    if (!plain || !parsed.clauses.length) return Promise.resolve('');
    var asked = words(parsed.clauses[0].text);
    // What is longer was pasted, not typed.
    if (asked.length > MOST_MENDED) return Promise.resolve('');
    return vocabulary().then(function (known) {
      var byTone = new Map(), byFold = new Map();
      known.forEach(function (word) {
        var accented = toneKey(word), folded = fold(word);
        if (!byTone.has(accented)) byTone.set(accented, word);
        if (!byFold.has(folded)) byFold.set(folded, word);
      });
      function spelledOut(telex) {
        return asked.map(function (word) { return byTone.get(toneKey(typed(word, telex))) || (/^[0-9]+$/.test(word) ? word : ''); });
      }
      function mended() {
        // Keys stand in the order of the words, the most frequent first.
        var index = parsed.marked ? byTone : byFold, key = parsed.marked ? toneKey : fold, keys = Array.from(index.keys());
        return asked.map(function (word) {
          var wrong = key(word);
          if (index.has(wrong) || /[0-9]/.test(word)) return word;
          var meant = keys.find(function (other) { return slipped(wrong, other); });
          return parsed.marked ? index.get(meant) || '' : meant || '';
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

// The search page: asks window.danvanSearch and shows what it answers. What is searched for stands in
// the address, so that links, Back and Forward lead to the same results.
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
  const former = $('former');
  const predecessors = former ? JSON.parse(former.dataset.former) : {};
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

  const hasFormer = (unit) => Object.prototype.hasOwnProperty.call(predecessors, unit);

  // A unit may be meant with all units that it came from.
  function meant() {
    if (!wanted.former || !wanted.filters.unit) return wanted.filters;
    const units = wanted.filters.unit.concat(...wanted.filters.unit.filter(hasFormer).map((unit) => predecessors[unit]));
    return Object.assign({}, wanted.filters, { unit: units });
  }

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
    if (wanted.former) query.set('tien-than', '1');
    if (wanted.sort) query.set('xep', wanted.sort);
    // A path that begins with two slashes would be another host.
    return location.pathname.replace(/^\/{2,}/, '/') + (String(query) && '?' + query);
  }

  function fromAddress() {
    const query = new URLSearchParams(location.search);
    const all = (each) => query.getAll(each.dataset.key).filter(Boolean);
    wanted = { text: query.get('q') || '', filters: {}, former: Boolean(former) && query.get('tien-than') === '1' };
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
    } catch (refused) {
      // The results stand all the same.
    }
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
      text: wanted.text, filters: meant(), prefix: Boolean(prefix),
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
    const text = failed ? 'failed' : !total ? 'none' : found.cut ? 'cut' : found.exact ? 'some' : 'least';
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
    if (results.firstChild) more();
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
          ...(each.unit ? [' ', make('span', {}, each.unit)] : [])),
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
    }).catch(() => {
      // The result does without.
    });
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
    const withFormer = (name, each) => name === 'unit' && wanted.former && hasFormer(each);
    groups.forEach((group) => valuesOf(group.dataset.facet).forEach((each, at, all) => {
      const name = group.dataset.facet;
      const drop = () => setFilter(name, all.filter((other) => other !== each));
      const more = withFormer(name, each) ? ' (' + former.textContent.trim() + ')' : '';
      chip('button', drop, without(), group.firstElementChild.textContent + ': ' + each + more);
    }));
    if (former) {
      former.hidden = !valuesOf('unit').some(hasFormer);
      former.querySelector('input').checked = wanted.former;
    }
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

  if (former) {
    former.querySelector('input').onchange = (event) => {
      wanted.former = event.target.checked;
      search();
    };
  }

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
  $('search-wait').hidden = true;
  $('search-body').hidden = false;
  fromAddress();
}());
