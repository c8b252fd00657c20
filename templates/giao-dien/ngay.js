// Go to a day. The days that have bulletins are in the file that the search has of them: a script
// that hands over its values, fetched when the form is first used, so that this works from a disk
// and under a strict policy too.
(function () {
  'use strict';

  const form = document.getElementById('xem_ngay');
  if (!form) return;
  const box = form.querySelector('input'), answer = form.querySelector('[role=status]');
  const words = form.dataset;
  let days = null;

  const two = (number) => String(number).padStart(2, '0');
  const shown = (day) => day.split('-').reverse().join('/');

  // Distances and counts in one row; a day is a number: year, four bits of month, five of day.
  // Of what is known to the month or the year only there is no day.
  function read(row) {
    const found = [];
    for (let at = 0, day = 0; at < row.length; at += 2) {
      day += row[at];
      if (day % 32) found.push([day >> 9, two(day >> 5 & 15), two(day & 31)].join('-'));
    }
    return found;
  }

  function load() {
    if (days) return days;
    days = new Promise((resolve, reject) => {
      const script = document.createElement('script');
      let row = null;
      window.danvanSearch = { add: (name, values) => { row = values; } };
      script.src = words.root + 'tim-kiem/loc/ngay.js';
      script.onload = () => { if (row) resolve(read(row)); else script.onerror(); };
      script.onerror = () => { script.remove(); days = null; reject(new Error(script.src)); };
      document.head.appendChild(script);
    }).then((found) => {
      if (found.length) { box.min = found[0]; box.max = found[found.length - 1]; }
      return found;
    });
    return days;
  }

  // A day as "2020-07-16"; browsers without a box for dates give what was typed.
  function typed() {
    const parts = /^(\d{1,2})[\/.-](\d{1,2})[\/.-](\d{4})$/.exec(box.value.trim());
    const text = parts ? [parts[3], two(parts[2]), two(parts[1])].join('-') : box.value.trim();
    return /^\d{4}-\d\d-\d\d$/.test(text) ? text : '';
  }

  const place = (day) => words.root + day.slice(0, 7).replace('-', '/') + '/index.html#ngay-' + day.slice(8);

  function link(text, address) {
    const made = document.createElement('a');
    made.textContent = text;
    made.href = address;
    return made;
  }

  function say(text, ...links) {
    const line = document.createElement('p');
    line.append(text, ...links.reduce((all, each) => all.concat(' ', each), []));
    answer.replaceChildren(line);
  }

  function go(day, found) {
    if (found.includes(day)) {
      answer.replaceChildren();
      location.assign(place(day));
      return;
    }
    const after = found.find((each) => each > day), before = found.filter((each) => each < day).pop();
    const links = [[before, words.before], [after, words.after]].filter((each) => each[0])
      .map((each) => link(each[1].replace('{date}', shown(each[0])), place(each[0])));
    const outside = found.length && !(before && after);
    say(outside ? words.outside.replace('{first}', shown(found[0])).replace('{last}', shown(found[found.length - 1]))
      : words.none.replace('{date}', shown(day)), ...links);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const day = typed();
    box.setAttribute('aria-invalid', String(!day));
    if (!day) {
      say(words.incomplete);
      box.focus();
      return;
    }
    load().then((found) => { if (day === typed()) go(day, found); }, () => {
      say(words.failed, link(words.months, words.root + 'luu-tru/index.html'));
    });
  });

  form.addEventListener('focusin', () => { load().catch(() => {}); }, { once: true });
  box.type = 'date';
}());
