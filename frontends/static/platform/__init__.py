"""What TensorFlow has around its graphs: command lines, flags, logging, files, session options."""
