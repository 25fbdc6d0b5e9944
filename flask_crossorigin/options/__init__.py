"""The options that users write, read once into what a policy is made of, or explained."""
