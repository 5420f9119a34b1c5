"""Pages and API: the edge towards browsers and programs."""
