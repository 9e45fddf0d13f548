"""The `dlcore` command."""
