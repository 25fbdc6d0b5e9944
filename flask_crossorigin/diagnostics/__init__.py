"""What the commands find out: who may do what, why a page is refused, and what is risky."""
