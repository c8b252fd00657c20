// The worker of a site that is not kept for reading offline: it removes itself and what an earlier one
// kept, of this site alone. It is always published: browsers that have the earlier one ask for it here.
(function () {
  'use strict';

  async function remove() {
    const names = await caches.keys();
    const own = names.filter((name) => name.startsWith('danvan:' + self.registration.scope + ':'));
    await Promise.all(own.map((name) => caches.delete(name)));
    await self.registration.unregister();
  }

  self.addEventListener('install', () => { self.skipWaiting(); });
  self.addEventListener('activate', (event) => { event.waitUntil(remove()); });
}());
