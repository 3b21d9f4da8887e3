"""thaw: the analysis that the chapters of "The Price of a Thaw" share."""
