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
