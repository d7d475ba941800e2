"""The viewer: answers in the browser, with sound, findings on the time line, and what changed.

What is looked at is a `viewed_run` of the store or a `viewed_file` of answers; `viewed` makes of
one or two of them what the page shows, in parts. `report` writes that as a folder or as one file,
`server` hands it out while somebody looks. The page itself is in `static`: plain scripts, which
load their data by `<script>` so that a report opens from the disk as well.
"""
