"""What runs: the Prefect flows and the command line. No rules and no types of its own."""
