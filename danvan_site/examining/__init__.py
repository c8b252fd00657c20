"""Examining a site: a build of which nothing is published, and all that can be told of its sources
and pages besides."""
