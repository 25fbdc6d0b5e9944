"""What the commands find out: which policies there are, why a page is refused, what is risky."""
