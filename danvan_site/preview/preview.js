// In pages of the preview only: loads a page anew when it has changed, its styles without that, and
// lays over it what is wrong with the sources.
(function () {
  'use strict';

  var own = document.currentScript, page = own.dataset.page, style = own.dataset.style;
  var events = null, host = null;

  function take(event) {
    var now = JSON.parse(event.data);
    if (now.page !== page) { location.reload(); return; }
    if (now.style !== style) {
      style = now.style;
      restyle();
    }
    show(now);
  }

  function restyle() {
    document.querySelectorAll('link[rel="stylesheet"]').forEach(function (link) {
      var next = link.cloneNode();
      next.href = link.href.split('?')[0] + '?' + style;
      next.onload = function () { link.remove(); };
      link.after(next);
    });
  }

  function make(name, text, parent) {
    var element = document.createElement(name);
    element.textContent = text;
    parent.appendChild(element);
    return element;
  }

  function show(now) {
    if (host) host.remove();
    host = null;
    if (!now.problems.length) return;
    host = document.createElement('div');
    var root = host.attachShadow({ mode: 'open' }), sheet = make('link', '', root), box = make('section', '', root);
    sheet.rel = 'stylesheet';
    sheet.href = own.src.replace('preview.js', 'preview.css');
    box.setAttribute('role', 'alert');
    make('h2', now.title, box);
    now.problems.forEach(function (problem) { make('pre', problem, box); });
    make('button', now.close, box).onclick = function () { host.remove(); };
    document.body.appendChild(host);
  }

  // A browser holds few connections to one host: only the page that is looked at keeps one.
  function follow() {
    if (events) events.close();
    events = null;
    if (document.hidden) return;
    events = new EventSource(own.src.replace('preview.js', 'events'));
    events.onmessage = take;
  }

  document.addEventListener('visibilitychange', follow);
  window.addEventListener('pageshow', function (event) { if (event.persisted) follow(); });
  follow();
}());
