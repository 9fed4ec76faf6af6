"""From what the rooms know to what a page shows: values in, contexts out; nothing here decides or reads."""
