"""Read the options that users write, and explain their mistakes."""
