"""The two faces that programs are written against."""
