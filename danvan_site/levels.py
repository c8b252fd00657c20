"""What an examination finds: each code, and how much it counts where the settings do not say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from danvan_site.errors import Severity

# What the build itself finds wrong is not here: that has levels nobody can change.
LEVELS: Mapping[str, Severity] = MappingProxyType(
    {
        "title-twice": Severity.WARNING,
        "title-again": Severity.NOTICE,
        "still-updating": Severity.WARNING,
        "body-alike": Severity.WARNING,
        "legacy-font-text": Severity.WARNING,
        "look-alike-letter": Severity.WARNING,
        "invisible-character": Severity.NOTICE,
        "loose-mark": Severity.NOTICE,
        "misplaced-tone": Severity.WARNING,
        "mixed-tones": Severity.NOTICE,
        "stray-space": Severity.WARNING,
        "missing-space": Severity.WARNING,
        "double-space": Severity.NOTICE,
        "weekday-of-other-date": Severity.WARNING,
        "alt-says-nothing": Severity.WARNING,
        # What is rendered.
        "page-unclosed": Severity.WARNING,
        "page-stray-end": Severity.WARNING,
        "page-misnested": Severity.WARNING,
        "page-attribute-twice": Severity.WARNING,
        "page-id-twice": Severity.WARNING,
        "page-no-doctype": Severity.WARNING,
        "page-no-language": Severity.WARNING,
        "page-no-title": Severity.WARNING,
        "page-no-policy": Severity.ERROR,
        "page-weak-policy": Severity.ERROR,
        "page-heading-skip": Severity.WARNING,
        "page-image-alt": Severity.WARNING,
        "page-inline": Severity.ERROR,
        "page-foreign": Severity.ERROR,
        "page-dead-link": Severity.ERROR,
        "page-dead-anchor": Severity.WARNING,
        "page-data": Severity.WARNING,
        "page-unreadable": Severity.ERROR,
        "pages-sampled": Severity.NOTICE,
        "file-malformed": Severity.ERROR,
        "file-lacks": Severity.ERROR,
        "search-differs": Severity.ERROR,
        # Links to other sites.
        "link-dead": Severity.WARNING,
        "link-moved": Severity.NOTICE,
        "link-private": Severity.WARNING,
        "link-unreachable": Severity.WARNING,
    }
)
OFF = "off"
CHOICES = (*(str(each) for each in Severity), OFF)
