"""How much of anything one file may hold: generous for real archives, small enough that no file
takes a second to read.  The handbook has the same table (`tests/test_limits.py`)."""

from __future__ import annotations

FILE_BYTES = 8_000_000  # a bulletin, or its comments
SETTINGS_BYTES = 2_000_000  # site.yaml
FRONT_MATTER = 100_000  # characters
BODY = 300_000  # characters
BODY_LINES = 10_000
# Characters that mean something to Markdown: each costs the parser more than a hundred letters do.
BODY_MARKS = 15_000
BODY_STOPS = 50_000  # of other punctuation
# Pictures, and notes in the text: each is read as a text of its own, several times over.
BODY_NESTS = 2_000
# Cells of tables; the parser fills up rows that are too short.
BODY_CELLS = 15_000
# Characters that are gone through for the ends of links, notes and comments, again and again.
BODY_SEARCHED = 1_000_000
# Formatting elements with attributes: one that is left open is opened again in each paragraph.
BODY_FORMATS = 50
TEXT = 30_000  # characters of any one value
TITLE = 500  # characters
NAME = 300  # characters of a tag, a category, a unit, a person
ADDRESS = 2_000  # characters of an address, or of a file's name
SLUG = 100  # characters
ENTRIES = 1_000  # of one list of the front matter, old addresses aside
NUMBER = 1_000_000_000_000
COMMENTS = 2_000  # in a file
COMMENT_AUTHOR = 200  # characters
COMMENT_BODY = 20_000  # characters
COMMENT_DEPTH = 10  # a comment that is no reply has depth 1
YAML_DEPTH = 50
YAML_NODES = 50_000
# Of one file so many problems are told: nobody reads on.
PROBLEMS = 100
