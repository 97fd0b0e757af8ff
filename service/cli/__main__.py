"""`python -m service.cli` is `goalwright`."""

from service.cli.main import main

main()
