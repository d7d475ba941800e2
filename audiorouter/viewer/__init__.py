"""The viewer: a run in the browser, with sound, findings on the time line, and what changed.

`viewed_run` makes of a run in the store what the page shows, in parts; `report` writes that as a
folder or as one file, `server` hands it out while somebody looks. The page itself is in `static`:
plain scripts, which load their data by `<script>` so that a report opens from the disk as well.
"""
