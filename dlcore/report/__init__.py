"""What is shown to people about a run: pictures."""
