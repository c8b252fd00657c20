"""Search: the analysis of Vietnamese text, and the index that the browser loads."""
