"""Bringing old portals in: every importer turns sources into drafts, the frame writes them."""
