"""From pictures and videos to what their faces show. Needs no torch."""
