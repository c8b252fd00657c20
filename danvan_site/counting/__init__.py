"""Counting views from access logs and exports: what is a view, and how no line counts twice.

**A view** is a bulletin, a client and a half hour of the clock.  The lines of a log only say which
views there were: a `GET` of a bulletin's page (under any address that leads to it) that the server
answered with 200, 206 or 304, from a client (address and User-Agent together) whose User-Agent is
no program's.  So whoever opens a page again within the half hour counts once, and a line that is
seen twice, in whatever copy, order or run, says what is known already.  Half hours of the clock,
not those since the last line: the views of a time then depend on the lines of that time alone, and
logs can be cut anywhere.

**Between runs** the views themselves cannot be kept, for they have people's addresses in them.  Of
a half hour that a log had from beginning to end, only that is kept: it is whole, and lines of it
count no more.  That a log had all of it shows where it goes on for some time before and after it.
The half hours at the two ends of a log, as a rule, are in parts: of the views of these, keyed
digests are kept (3 bytes, so that hundreds of addresses have the same; the key is random), for the
rest of it, or the same again, to be told from what was counted.  When a later log has such a half
hour whole, or after 31 days, or where there are too many of them, the key and the digests of it are
thrown away, and it counts no more.  Totals and all this are in
one file, which is replaced as a whole: a run that is killed has counted everything or nothing.

**Programs that count by themselves**, in readers' browsers, know of the same views, and of all
servers: what was counted from their exports has a ledger of its own (``exports``), and where
that or a server's has anything of a half hour, the other counts nothing of it.  A hit of
GoatCounter is a line whose client is a session.  A report of Matomo has sums: one counts when its
days are over and nobody has counted anything of them, all of it or nothing; then they are whole.

**What follows**: logs with lines cut out of their middle may lose what was cut out; of machines
that answer side by side, each with a log of its own, the logs are counted in one run or each under
a name (``--server``).
"""
