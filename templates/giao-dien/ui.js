// The only script of ordinary pages: "Bản in" opens the print dialogue at once. Without scripts the
// same link shows the print view (see :target in theme.css). Some in-app browsers cannot print.
(function () {
  'use strict';
  var link = document.querySelector('[data-print]');
  if (!link || typeof window.print !== 'function') return;
  link.addEventListener('click', function (event) {
    event.preventDefault();
    window.print();
  });
}());
