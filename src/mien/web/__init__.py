"""The page of ``mien web``, and the page of ``mien web --static`` that needs no server's help. Needs no torch."""
