"""`python -m studio` is the command `tangshi-studio`."""

from studio.interrupts import end_at_interrupts


def main() -> None:
    """Run the command."""
    end_at_interrupts()
    from studio.cli import main as command

    command()


if __name__ == "__main__":
    main()
