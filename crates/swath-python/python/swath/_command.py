"""The command `swath`, as it is in the binary of that name."""
import sys


def main():
    """Run the command line that this process was started with; the process ends with its exit code."""
    from ._swath import main as run

    run(["swath", *sys.argv[1:]])
