"""Where `goalwright` and `python -m service.cli` begin."""


def main() -> None:
    """Run the command that the arguments name.

    The commands are imported only here: processes that load templates side by side import the module that began once more.
    """
    from service.cli.main import main as run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
