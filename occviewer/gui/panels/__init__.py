"""The panels around the viewport: they show values and tell wishes, and know no document."""
