"""The recurring duties of the year: the register, and each occurrence as a case."""
