"""What the real browser engines do with the answers of this package."""
