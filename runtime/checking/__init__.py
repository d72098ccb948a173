"""Checks of running programs: what they are told, what each finds, and how they are put around a program."""
