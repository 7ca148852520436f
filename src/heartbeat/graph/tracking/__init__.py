"""Where calls were made, for which connection, and which of them are wanted."""
