"""The command line: thin over the same code as HTTP. Progress on stderr, the result on stdout.

Exit codes: 0 done, 1 failed, 2 refused input.
"""
