"""`python -m danvan_site`: the same program as the command `danvan`."""

from danvan_site.cli import run

if __name__ == "__main__":
    run()
