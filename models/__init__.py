"""The words of the program, the transforms on them, and the four stores."""
