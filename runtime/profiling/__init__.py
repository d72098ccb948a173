"""Profiles: what runs took, by kernel and by user line, beside what the machine can do."""
